"""What un-breaks: the keeper, its leases and their undo on disk, the guard, and what was left behind."""
