import LedgerCore

extension ProofRefusal {
    /// The subject's first stamp that does not hold, by its own reason.
    init(_ problem: StampProblem, of transaction: UnverifiedTransaction) {
        let key: Digest
        let reason: Reason
        let words: String
        switch problem {
        case .unknownKey(let id):
            (key, reason) = (id, .stampUnknownKey)
            words = "is by a key that the ledger did not know there"
        case .doesNotHold(let id, let fault):
            key = id
            (reason, words) = ProofRefusal.found(fault)
        }
        let place = transaction.stamps.firstIndex { $0.key == key }.map { " \($0 + 1)" } ?? ""
        self.init(reason, "the subject's stamp\(place) \(words)")
    }

    private static func found(_ fault: EStamp.Fault) -> (Reason, String) {
        switch fault {
        case .scheme: (.stampScheme, "names another scheme than its key's")
        case .malleable: (.stampMalleable, "has a high s, which the signer did not make")
        case .place: (.stampInvalid, "names no place under the root that was signed")
        case .signature: (.stampInvalid, "does not hold")
        case .webauthn(let found):
            (
                Reason(rawValue: found.rawValue) ?? .stampInvalid,
                "is an authenticator's answer to something else"
            )
        }
    }
}

extension HandOverChain.Fault.Kind {
    /// What is wrong with it, for a person.
    var words: String {
        switch self {
        case .broken: "does not follow the stamp before it"
        case .notHolder: "is by somebody who did not hold it"
        case .redirected: "is by another key than the hand-over names"
        case .forked: "names what was handed over or accepted already"
        case .notAccepted: "was never accepted"
        }
    }
}
