"""How the system is asked: the API client, the outside observer, and pure questions to the evidence."""
