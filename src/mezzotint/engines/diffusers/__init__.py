"""FLUX by its published weights, through Hugging Face diffusers. PyTorch is imported here and nowhere else, and not before it is needed."""
