"""What all faults on the wire share; one fault is one file beside this folder."""
