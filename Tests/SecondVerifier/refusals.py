"""Why something is refused."""


class Refused(Exception):
    """The contract's no; where the verifier has an own word for it, that one."""

    def __init__(self, why, reason=None):
        super().__init__(why)
        self.reason = reason


class SubmissionStamp(Exception):
    """The stamp of the node that handed a transaction in does not hold."""


def demand(condition, why, error=Refused):
    if not condition:
        raise error(why)
