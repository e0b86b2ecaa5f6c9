"""What a tracker sends to: a time-series store that takes line protocol, and the webhooks that take alerts.

The receiver's evidence has source `receiver`:
- `points.received {count}`: a write was taken.
- `alert.received {sink, alert, state, conversation, queue, key}`: an alert came by `sink` (generic, slack, pagerduty,
  alertmanager); `alert` is stuck, bouncing or the sender's own word, `state` firing, still firing or resolved.
- `alert.malformed {sink, reason}`: what came was none.

Whoever wants to see what the wire does to a path sends it below `/canary/<any id>/`: any method and path is taken, and
`GET /canary/<id>` (with the token) lists what arrived.
"""
