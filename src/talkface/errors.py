"""Errors that are the input's fault, not ours: one line that says what, where and what to do."""


class InputError(Exception):
    """Bad input or configuration. Entry scripts print it as one line and exit with code 2.

    what: the finding ("no audio stream"). where: the file, key or value it was found in. remedy: what the user can do.
    Line breaks inside the three parts (file names may hold them) are escaped, so that the message stays one line.
    """

    def __init__(self, what: str, where: object, remedy: str) -> None:
        super().__init__(what, where, remedy)
        self.what, self.where, self.remedy = what, str(where), remedy

    def __str__(self) -> str:
        line = f"{self.what}: {self.where} - {self.remedy}"
        return line.replace("\r", "\\r").replace("\n", "\\n")
