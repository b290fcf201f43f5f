"""What turns settled inputs into pixels: nano, the stub, and later diffusers and other providers."""
