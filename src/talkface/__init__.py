"""talkface: prepare, train, evaluate and serve audio-driven talking faces."""
