from ._poison_audit import PoisonAudit

__all__ = ["PoisonAudit"]
