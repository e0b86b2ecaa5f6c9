"""The network layer: sites in namespaces of their own, rules on their links, and what is measured there."""
