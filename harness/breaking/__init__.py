"""How a fault is aimed, ordered, proved by the canary and taken back."""
