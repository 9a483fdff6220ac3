"""Run folders: what training leaves behind and every later command starts from."""
