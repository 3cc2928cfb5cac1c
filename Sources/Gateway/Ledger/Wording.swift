import LedgerCore

/// Coded values as the API's JSON writes them.
enum Wording {
    static func scheme(_ scheme: StampScheme) -> String {
        switch scheme {
        case .ed25519: "ed25519"
        case .p256: "p256"
        case .mldsa65: "ml-dsa-65"
        case .webauthn: "webauthn"
        }
    }

    static func purpose(_ purpose: StampPurpose) -> String {
        switch purpose {
        case .author: "author"
        case .onBehalf: "on-behalf"
        case .handOver: "hand-over"
        case .accept: "accept"
        case .approve: "approve"
        case .refuse: "refuse"
        }
    }
}

/// Names of contracts, as intents carry them.
enum LedgerContract {
    static let records = "records"
    /// Contracts that change who may do what.
    static let governing: Set<String> = ["members", "people"]
    /// Where acts wait for stamps. Whose count is in the policies on the ledger.
    static let approvals = "approvals"
}
