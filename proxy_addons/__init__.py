"""The wire: mitmproxy between desktops and cloud. Each file here but `wire.py` is one fault, off until armed."""
