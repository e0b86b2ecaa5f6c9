"""Questions to the running system or to the evidence: each measures, the experiment judges."""
