"""The tracker over HTTP: deliveries in, questions answered, numbers shown."""
