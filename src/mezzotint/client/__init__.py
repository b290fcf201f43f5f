"""The client library: make a picture, wait for it, fetch it; or any of the three alone. It needs nothing of the server."""
