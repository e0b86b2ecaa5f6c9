"""One mitmproxy addon per fault on the wire; all are off until armed."""
