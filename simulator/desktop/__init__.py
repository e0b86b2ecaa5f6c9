"""Headless agent desktops: a session core without I/O, an asyncio shell, and the crowd process."""
