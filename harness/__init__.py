"""What the other parts share: evidence, verdict, leases, guard, world and the command line."""
