"""Our own small Flux-architecture model, shipped with the package: text, latents, sampling, the engine around them."""
