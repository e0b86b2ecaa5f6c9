"""The network layer: sites in namespaces of their own, faults on their links, and what is measured there.

Where to begin:

- *Sites.* `site` (the value), `sites` (made through the keeper), `namespaces` (what `ip` is told), `inside` (doing
  something in a namespace); `needs` and `ability` (what an experiment needs, what this machine can do).
- *An order.* `place` (which links are meant), `target` (which traffic), `meant` (the order that was found good).
- *Faults that shape packets.* `shape` (words for netem and tbf), `tc` (the tree of several faults and what is read
  back, pure), `book` (all orders of a run, on disk), `rules` (the tree put in force and taken away), `shaping` (order,
  rules, proof and undo).
- *Faults that cut.* `nft` (words, pure) and `cutting` (holes), `link` (down and up), `sockets` (words for ss) and
  `resetting`.
- *Proof.* `meter` (what a path does to packets), `proof` (what would be too unlikely, pure), `look` (one way over a
  link of ours), `witness` (at a named interface), `normal` (a path that is free again).
- `shell` runs the tools.
"""
