import ArgumentParser
import CairnClient
import LedgerCore

/// `cairn person add-key PERSON KEY`
struct PersonAddKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-key", abstract: "Register a further key of a person.",
        discussion: CommandStatus.discussion(examples: "  cairn person add-key 5d0c… ed25519:Xq2…"))

    @Argument(help: "The person's id.")
    var person: String

    @Argument(help: "The public key, scheme:base64url, as `cairn wallet show` prints it.")
    var key: String

    @OptionGroup package var change: PeopleChange

    init() {}

    func validate() throws {
        _ = try PeopleChange.person(person)
        guard KeyText.parse(key) != nil else {
            throw ValidationError("a key is ed25519:… or p256:…, in base64url")
        }
    }

    func run() async throws {
        guard let key = KeyText.parse(key) else { return }
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
