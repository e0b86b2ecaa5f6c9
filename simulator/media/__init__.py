"""Voice as both ends speak it: RTP packets, what of a stream arrived, the pace of sending, and a UDP port."""
