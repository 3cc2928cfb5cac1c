import LedgerCore
import Ordering

extension Batch.Seal {
    /// The ledger's word for what the ordering service asks for.
    init(_ mark: SealMark) {
        switch mark {
        case .none: self = .none
        case .now: self = .now
        case .begin: self = .begin
        }
    }
}

extension SealMark {
    /// The ordering service's word for what a batch says.
    init(_ seal: Batch.Seal) {
        switch seal {
        case .none: self = .none
        case .now: self = .now
        case .begin: self = .begin
        }
    }
}
