"""The demo page in every state it can be in: led there, photographed, and looked at by axe-core."""
