"""Evidence and journal in, the review out (HTML, JUnit, JSON)."""
