"""The interaction tracker: a service that follows each interaction through its queues, and says when one is stuck."""
