import ArgumentParser
import CairnClient
import FHIR
import Identity
import LedgerCore

/// `cairn person enrol`
struct PersonEnrolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol",
        abstract: "Enrol a person at a member, with keys and roles.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn person enrol --wallet-public ada.wallet --role practitioner
                  cairn person enrol --person 5d0c… --key ed25519:Xq2… --role nurse
                """))

    @Option(help: "The person's wallet, or what `cairn wallet show` printed of it.")
    var walletPublic: String?

    @Option(help: "The person's id, where no wallet file is given.")
    var person: String?

    @Option(help: "A public key, scheme:base64url; may be repeated.")
    var key: [String] = []

    @Option(help: "A role; may be repeated.")
    var role: [String] = []

    @Option(help: "The member's id; without it the administrator's own.")
    var member: String?

    @OptionGroup package var change: PeopleChange

    init() {}

    func validate() throws {
        guard (walletPublic == nil) != (person == nil) else {
            throw ValidationError("name either --wallet-public, or --person and --key")
        }
        if let person {
            _ = try PeopleChange.person(person)
            guard !key.isEmpty else { throw ValidationError("--person wants at least one --key") }
        }
        guard key.allSatisfy({ KeyText.parse($0) != nil }) else {
            throw ValidationError("a key is ed25519:…, p256:… or ml-dsa-65:…, in base64url")
        }
        if let member { _ = try PeopleChange.person(member) }
    }

    func run() async throws {
        let enrolled = try whom()
        let (member, change, roles) = (member, change, role)
        try await change.server.withClient { client, wallet in
            let place: Identifier
            if let member {
                place = try PeopleChange.person(member)
            } else {
                place = try await PersonEnrolCommand.member(client, wallet)
            }
            let command = PeopleCommand.enrol(
                person: enrolled.person, member: place, keys: enrolled.keys, roles: roles)
            try await change.hand(in: command, client, wallet)
        }
    }

    private func whom() throws -> PersonPublic {
        if let walletPublic { return try PersonPublic(path: walletPublic) }
        return PersonPublic(
            person: try PeopleChange.person(person ?? ""),
            keys: key.compactMap { KeyText.parse($0) })
    }

    /// The member at which the administrator acts.
    private static func member(_ client: CairnHTTPClient, _ wallet: Wallet) async throws
        -> Identifier
    {
        if let member = wallet.member { return member }
        let answer = try await client.send(ClientRequest(.get, "/api/v1/people/me"))
        let root = try JSONDocument(parsing: answer.body).root
        guard let member = root["member"]?.string.flatMap({ Identifier(hex: $0) }) else {
            throw ClientError.unexpected(what: "it names no member")
        }
        return member
    }
}

/// A person's id and public keys, from a wallet file or from what `cairn wallet show` prints.
struct PersonPublic: Sendable, Hashable {
    let person: Identifier
    let keys: [PublicKey]

    init(person: Identifier, keys: [PublicKey]) {
        self.person = person
        self.keys = keys
    }

    init(path: String) throws {
        let bytes = try FileWriting.read(path, bytesMax: 64 * 1024)
        if bytes.starts(with: "-----BEGIN CAIRN WALLET".utf8) {
            let file = try WalletFile.read(path)
            let keys = file.publicKeys.compactMap { KeyText.parse(KeyText.text($0)) }
            self.init(person: file.person, keys: keys)
            return
        }
        guard let read = PersonPublic(text: String(decoding: bytes, as: UTF8.self)) else {
            throw CommandFailure.usage(
                "\(path) names no person and keys",
                hint: "let the person run `cairn wallet show FILE` and send what it prints")
        }
        self = read
    }

    /// Reads the lines `person …` and `key …`; others are passed over.
    init?(text: String) {
        var person: Identifier?
        var keys = [PublicKey]()
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count >= 2 else { continue }
            if words[0] == "person" { person = Identifier(hex: String(words[1])) }
            if words[0] == "key", let key = KeyText.parse(String(words[1])) { keys.append(key) }
        }
        guard let person, !keys.isEmpty else { return nil }
        self.init(person: person, keys: keys)
    }
}
