"""The stand-in for Genesys Cloud."""
