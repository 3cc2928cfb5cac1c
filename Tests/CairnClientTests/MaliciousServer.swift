import CairnClient

/// What a server can try against whoever checks its proofs, with the members' help or without, and
/// the reason for which every verifier refuses it. docs/PROOFS.md has the same table.
struct MaliciousServer: Sendable {
    /// What the server does.
    let attack: String
    let reason: ProofRefusal.Reason
    /// The vectors that show it.
    let vectors: [String]

    static let all: [MaliciousServer] = [
        .init(
            "shows a fork: another root of the same size, signed by the members", .notInLog,
            ["forked-log"]),
        .init(
            "rolls the log back to an older checkpoint", .beyondLog,
            ["rolled-back", "state-rolled-back"]),
        .init("puts another author's name into a stamped intent", .notInLog, ["author-swapped"]),
        .init(
            "has somebody else sign under the author's key", .stampInvalid,
            ["stranger-under-the-author-s-key"]),
        .init("has a key sign that nobody enrolled", .stampUnknownKey, ["signed-by-a-stranger"]),
        .init(
            "names another node as the one that handed in", .submissionStamp,
            ["another-node", "node-s-stamp-altered"]),
        .init(
            "signs a checkpoint in another member's name", .cosignatureInvalid,
            ["another-member-s-name", "key-of-its-own"]),
        .init(
            "alters the payload under a valid chain", .notInLog,
            ["payload-altered", "attachment-altered"]),
        .init(
            "shows other content than what was committed to", .openingMismatch,
            ["content-altered"]),
        .init("shows a refused transaction as accepted", .notInLog, ["refused-shown-as-accepted"]),
        .init(
            "gets a transaction into the log that the rules refuse, with the members' help",
            .subjectRefused,
            ["author-is-somebody-else", "key-was-revoked", "role-missing"]),
        .init(
            "gets a member or key into the log that the rules refuse, with the members' help",
            .membershipInvalid,
            ["key-twice", "key-of-small-order", "passkey-in-version-1"]),
        .init(
            "shows paths of a checkpoint before", .notInLog,
            ["stale-paths", "state-with-stale-paths"]),
        .init(
            "shows what was true once, where a time is asked for", .stale,
            ["state-older-than-asked-for", "checkpoint-older-than-asked-for"]),
        .init("cuts the file", .damaged, ["truncated", "truncated-and-sealed"]),
        .init("cuts a path", .pathMalformed, ["path-cut"]),
        .init("leaves an enrolment out", .subjectRefused, ["enrolment-left-out"]),
        .init(
            "makes a second valid signature of an ECDSA stamp", .stampMalleable,
            ["signature-with-high-s", "passkey-with-high-s"]),
        .init(
            "makes a second valid signature of an Ed25519 stamp", .stampInvalid,
            ["ed25519-with-high-s"]),
        .init("relabels a stamp's algorithm", .stampScheme, ["key-of-another-scheme"]),
        .init("relabels a cosignature's algorithm", .cosignatureInvalid, ["algorithm-1"]),
        .init("relabels a stamp's purpose", .stampInvalid, ["purpose-relabelled"]),
        .init("shows one leaf twice", .leafRepeated, ["leaf-twice", "subject-among-the-members"]),
        .init("shows an inner node of the log as a leaf", .notInLog, ["inner-node-as-a-leaf"]),
        .init(
            "shows an inner node of the state as an empty place", .stateMismatch,
            ["inner-node-as-an-empty-place"]),
        .init("brings its own genesis", .genesisNotTrusted, ["brings-its-own-genesis"]),
        .init("brings its own members' keys", .checkpointNotTrusted, ["brings-its-own-keys"]),
        .init(
            "brings its own authority for a node", .certificateInvalid,
            ["certificate-by-another-authority", "certificate-by-an-authority-of-the-same-name"]),
        .init(
            "brings a genesis that its founders did not stamp", .genesisInvalid,
            ["founder-did-not-stamp"]),
        .init(
            "brings a block 0 that the genesis does not found", .genesisSeal,
            ["another-block-0"]),
        .init(
            "signs with too few members", .quorumMissing,
            ["one-of-three-members", "two-of-four-members"]),
        .init("counts one signature twice", .cosignatureInvalid, ["line-twice"]),
        .init("writes the checkpoint in a second way", .checkpointInvalid, ["size-with-a-zero"]),
        .init(
            "shows the header of another block", .sealInvalid,
            ["seal-of-the-genesis", "header-counts-too-many"]),
        .init("points at another write", .writeMissing, ["another-write", "another-record"]),
        .init(
            "passes off something else as a record", .subjectInvalid,
            ["no-record", "command-is-none"]),
        .init(
            "shows what exists as absent, or what is absent as existing", .stateMismatch,
            ["present-shown-as-absent", "absent-shown-as-present"]),
        .init(
            "shows another entry's absence, or one from elsewhere", .stateMismatch,
            ["absence-of-something-else", "other-entry-from-elsewhere"]),
        .init("shows the state under an older root", .stateMismatch, ["state-under-an-older-root"]),
        .init(
            "shows a header without a state root, or of another log", .stateSealInvalid,
            ["state-header-without-a-root", "state-header-of-another-log"]),
        .init(
            "redirects a hand-over to another receiver", .handOverRedirected,
            ["hand-over-redirected"]),
        .init("relabels a hand-over's receiver", .stampInvalid, ["receiver-relabelled"]),
        .init(
            "hands over to two receivers", .handOverForked,
            ["hand-over-forked", "accepted-twice"]),
        .init(
            "shows a hand-over that nobody accepted", .handOverNotAccepted,
            ["hand-over-never-accepted"]),
        .init(
            "hands over what somebody else holds", .handOverNotHolder,
            ["handed-on-by-a-former-holder", "handed-over-by-a-stranger"]),
        .init("leaves a hop out", .handOverBroken, ["hop-left-out", "acceptance-of-nothing"]),
        .init(
            "replays a passkey's answer to another intent", .webauthnChallenge,
            ["passkey-another-challenge", "passkey-purpose-relabelled"]),
        .init("uses a passkey's registration as a stamp", .webauthnType, ["passkey-registration"]),
        .init(
            "gets a passkey's answer on a page of its own", .webauthnOrigin,
            ["passkey-another-origin", "passkey-in-a-frame"]),
        .init(
            "gets a passkey's answer for a domain of its own", .webauthnRelyingParty,
            ["passkey-another-relying-party"]),
        .init(
            "uses a passkey without its user", .webauthnUserNotVerified,
            ["passkey-user-not-verified", "passkey-user-not-present"]),
        .init(
            "hides something in a passkey's documents", .webauthnMalformed,
            ["passkey-with-a-space", "passkey-glued"]),
        .init(
            "lets versions of contracts begin for which nobody voted", .activationInvalid,
            ["activation-nobody-voted", "activation-twice"]),
        .init(
            "hides that versions of contracts began", .membershipInvalid, ["activation-left-out"]),
        .init(
            "shows a ledger whose contracts the verifier does not have", .versionUnknown,
            ["version-unknown", "genesis-names-an-unknown-version"]),
    ]

    private init(_ attack: String, _ reason: ProofRefusal.Reason, _ vectors: [String]) {
        self.attack = attack
        self.reason = reason
        self.vectors = vectors
    }

    /// Every vector there is, by name.
    static func vectors() throws -> [String: ProofVector] {
        let all =
            try ValidVectors.all() + TamperedVectors.all() + ForgedVectors.all()
            + ForgedMembership.all() + StateVectors.all() + VersionVectors.all()
            + HandOverVectors.all() + SchemeVectors.all() + CertificateVectors.all()
            + ProposalVectors.all()
        return Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
