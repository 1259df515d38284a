"""The mouth model: speech → mouth shape (`audio`), mouth shape + reference frames → lower face (`renderer`)."""
