"""The networks of PC-AVS: who speaks, how the head is held, what is said, and the generator that joins the three."""
