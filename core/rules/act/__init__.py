"""How each kind of action is done: one file a kind; the dict says which."""
