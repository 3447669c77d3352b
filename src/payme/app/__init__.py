"""The composition root: the only room that knows everyone. It puts the parts together and decides nothing."""
