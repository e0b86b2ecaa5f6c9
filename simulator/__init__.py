"""The local world: a cloud that speaks Genesys shapes, and the desktops that use it."""
