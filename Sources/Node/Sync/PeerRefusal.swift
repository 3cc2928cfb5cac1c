/// Why one node does not let another in: a stable code, what is wrong, what to do next.
package struct PeerRefusal: Error, Sendable, Hashable {
    package let code: Code
    package let message: String
    package let hint: String

    /// The kinds, as they go over the wire.
    package enum Code: String, Sendable, CaseIterable {
        case malformed = "peer-certificate-malformed"
        case unknownKey = "peer-key-not-on-ledger"
        case retired = "peer-node-retired"
        case untrusted = "peer-certificate-untrusted"
        case notYetValid = "peer-certificate-not-yet-valid"
        case expired = "peer-certificate-expired"
        case invitationWrong = "invitation-wrong"
        case invitationUsed = "invitation-used"
        case invitationExpired = "invitation-expired"
        case knockInvalid = "knock-invalid"
        case notOrdering = "not-the-ordering-node"
        case otherLog = "checkpoint-of-another-log"
    }

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint ?? PeerRefusal.hint(code)
    }

    private static func hint(_ code: Code) -> String {
        switch code {
        case .malformed, .untrusted: "start the peer's node again: it issues its certificate anew"
        case .unknownKey: "join with an invitation: cairn serve --join URL#INVITATION"
        case .retired: "its member's administrator can add a node"
        case .notYetValid: "compare the clocks of both machines"
        case .expired: "compare the clocks of both machines; nodes renew certificates in time"
        case .invitationWrong: "copy it whole, or ask for a new one: cairn network invite"
        case .invitationUsed: "each is for one member; ask for a new one: cairn network invite"
        case .invitationExpired: "ask for a new one: cairn network invite"
        case .knockInvalid: "join again from an empty data directory"
        case .notOrdering: "name the address of the node that invited"
        case .otherLog: "run cairn verify on both nodes' data"
        }
    }
}
