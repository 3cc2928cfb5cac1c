import ArgumentParser
import CairnClient
import LedgerCore

/// `cairn person add-key PERSON KEY`
struct PersonAddKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-key", abstract: "Register a further key of a person.",
        discussion: """
            A passkey is the 33 bytes of its compressed point. It stamps for the domain that it \
            was made for (--relying-party ID), on the pages that are named (--origin URL).


            """
                + CommandStatus.discussion(examples: "  cairn person add-key 5d0c… ed25519:Xq2…"))

    @Argument(help: "The person's id.")
    var person: String

    @Argument(help: "The public key, scheme:base64url, as `cairn wallet show` prints it.")
    var key: String

    @Option(help: "The domain that a passkey was made for.")
    var relyingParty: String?

    @Option(help: "A page on which the passkey may stamp: scheme, host, port. May be repeated.")
    var origin: [String] = []

    @OptionGroup package var change: PeopleChange

    init() {}

    func validate() throws {
        _ = try PeopleChange.person(person)
        guard KeyText.parse(key, at: try party()) != nil else {
            throw ValidationError(
                "a key is \(KeyText.words), in base64url; --relying-party and --origin go with "
                    + "webauthn")
        }
    }

    /// Where a passkey may be used; `nil` where nothing is said of it.
    private func party() throws -> RelyingParty? {
        guard let relyingParty else {
            guard origin.isEmpty else { throw ValidationError("--origin wants --relying-party") }
            return nil
        }
        do {
            return try RelyingParty(id: relyingParty, origins: origin)
        } catch {
            throw ValidationError(
                "a relying party is a domain name in lower case with 1 to "
                    + "\(RelyingParty.originsMax) origins")
        }
    }

    func run() async throws {
        guard let key = KeyText.parse(key, at: try party()) else { return }
        try await change.submit(.addKey(person: try PeopleChange.person(person), key: key))
    }
}

/// `cairn person revoke-key PERSON KEY`
struct PersonRevokeKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke-key", abstract: "End a key of a person, for good.",
        discussion: CommandStatus.discussion(examples: "  cairn person revoke-key 5d0c… 91ab…"))

    @Argument(help: "The person's id.")
    var person: String

    @Argument(help: "The key's id, 64 hexadecimal digits.")
    var key: String

    @OptionGroup package var change: PeopleChange

    init() {}

    func validate() throws {
        _ = try PeopleChange.person(person)
        guard Digest(hex: key) != nil else {
            throw ValidationError("a key's id has 64 hexadecimal digits, in lower case")
        }
    }

    func run() async throws {
        guard let key = Digest(hex: key) else { return }
        try await change.submit(.revokeKey(person: try PeopleChange.person(person), key: key))
    }
}
