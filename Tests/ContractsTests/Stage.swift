import Contracts
import LedgerCore
import Testing

/// A small network in which a test acts: builds transactions, hands them in, sees what became of
/// them.
final class Stage {
    let ledger: MemoryLedger
    let home: House
    private var drawn: UInt64 = 1_000_000

    /// - Parameter contracts: versions that the genesis names; none, as before they could be.
    init(contracts: [WireContractVersion] = ContractVersions.present) throws {
        home = try House(1)
        ledger = try MemoryLedger(home.genesis(contracts: contracts))
    }

    /// A stage of a network that was founded otherwise.
    init(home: House, genesis: Genesis) throws {
        self.home = home
        ledger = try MemoryLedger(genesis)
    }

    /// A fresh identifier, the same in every run.
    func draw() -> Identifier {
        drawn += 1
        return identifier(drawn)
    }

    func intent(
        _ author: Identifier, _ contract: String, _ command: [UInt8], version: UInt32 = 1
    ) -> Intent {
        Intent(
            network: ledger.genesis.digest, channel: "main", author: author,
            notBeforeMs: ledger.tip.timeMs, notAfterMs: ledger.tip.timeMs + 300_000, nonce: draw(),
            contract: contract, contractVersion: version, command: command)
    }

    func transaction(
        _ intent: Intent, stamps: [(StampPurpose, SigningKey)], attachment: Attachment = .init()
    ) throws -> UnverifiedTransaction {
        let bytes = intent.bytes
        let id = Intent.id(of: bytes)
        return try UnverifiedTransaction(
            intentBytes: bytes,
            stamps: stamps.map { try EStamp(intent: id, purpose: $0.0, signingWith: $0.1) },
            attachment: attachment)
    }

    func people(_ command: WirePeopleCommand, by person: Person) throws -> UnverifiedTransaction {
        try transaction(
            intent(person.id, "people", Wire.encode(command)), stamps: [(.author, person.key)])
    }

    func members(_ command: WireMembersCommand, by person: Person) throws -> UnverifiedTransaction {
        try transaction(
            intent(person.id, "members", Wire.encode(command)), stamps: [(.author, person.key)])
    }

    func write(
        _ record: Identifier, after previous: UInt32 = 0, conditional: Bool = false
    ) -> RecordsCommand.Write {
        .init(
            record: record, previous: previous, commitment: .init(value: leaf(5)),
            conditional: conditional)
    }

    /// A records transaction; `change` completes the attachment.
    func records(
        _ writes: [RecordsCommand.Write], by person: Person,
        _ change: (inout Attachment) -> Void = { _ in }
    ) throws -> UnverifiedTransaction {
        try records(writes, author: person, stamps: [(.author, person.key)], change)
    }

    func records(
        _ writes: [RecordsCommand.Write], author: Person, stamps: [(StampPurpose, SigningKey)],
        _ change: (inout Attachment) -> Void = { _ in }
    ) throws -> UnverifiedTransaction {
        var attachment = Attachment()
        attachment.writes = writes.map { _ in .init(locator: draw(), paddedSizeBytes: 4096) }
        change(&attachment)
        return try transaction(
            intent(author.id, "records", RecordsCommand.bytes(writes)), stamps: stamps,
            attachment: attachment)
    }

    func submission(
        _ transactions: [UnverifiedTransaction], by house: House? = nil
    ) throws -> Submission {
        let house = house ?? home
        return try Submission(
            network: ledger.genesis.digest, node: house.node, transactions: transactions,
            signingWith: house.nodeKey)
    }

    /// What became of transactions that a house's node handed in as one block.
    @discardableResult
    func submit(
        _ transactions: [UnverifiedTransaction], by house: House? = nil
    ) throws -> [RefusalReason?] {
        try ledger.apply([submission(transactions, by: house)]).outcomes.map(\.refusal)
    }

    func submit(_ transaction: UnverifiedTransaction, by house: House? = nil) throws
        -> RefusalReason?
    {
        try submit([transaction], by: house)[0]
    }

    /// Hands in what must be accepted.
    func accept(_ transaction: UnverifiedTransaction, by house: House? = nil) throws {
        try #require(try submit(transaction, by: house) == nil)
    }

    /// Admits a second member.
    func guest() throws -> House {
        let guest = try House(2)
        try accept(members(admit(guest), by: home.administrator))
        return guest
    }

    func admit(_ house: House) throws -> WireMembersCommand {
        var command = WireMembersCommand()
        command.admit.member = try house.memberDescription()
        command.admit.nodes = [try house.nodeDescription()]
        command.admit.people = try house.people()
        return command
    }
}

/// Commands of the people contract.
enum PeopleCommands {
    static func enrol(_ description: WirePersonDescription) -> WirePeopleCommand {
        var command = WirePeopleCommand()
        command.enrol.person = description
        return command
    }

    static func addKey(_ key: SigningKey, to person: Identifier) throws -> WirePeopleCommand {
        var command = WirePeopleCommand()
        command.addKey.person = person.bytes.field
        command.addKey.key = try key.publicKey().wire
        return command
    }

    static func revokeKey(_ key: SigningKey, of person: Identifier) throws -> WirePeopleCommand {
        var command = WirePeopleCommand()
        command.revokeKey.person = person.bytes.field
        command.revokeKey.key = try key.publicKey().id.bytes.field
        return command
    }

    static func grant(_ role: String, to person: Identifier) -> WirePeopleCommand {
        var command = WirePeopleCommand()
        command.grantRole.person = person.bytes.field
        command.grantRole.role = role
        return command
    }

    static func revoke(_ role: String, of person: Identifier) -> WirePeopleCommand {
        var command = WirePeopleCommand()
        command.revokeRole.person = person.bytes.field
        command.revokeRole.role = role
        return command
    }
}

/// Commands of the members contract about nodes.
enum NodeCommands {
    static func add(_ description: WireNodeDescription) -> WireMembersCommand {
        var command = WireMembersCommand()
        command.addNode.node = description
        return command
    }

    static func retire(_ node: Identifier) -> WireMembersCommand {
        var command = WireMembersCommand()
        command.retireNode.node = node.bytes.field
        return command
    }
}
