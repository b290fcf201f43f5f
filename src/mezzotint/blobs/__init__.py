"""Where pictures are kept as bytes: on disk, in memory; later in object stores. One port, one contract suite."""
