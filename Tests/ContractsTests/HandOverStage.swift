import Contracts
import LedgerCore
import TestSupport

/// Transactions whose author hands over what is written, and people with passkeys.
extension Stage {
    /// A records transaction with the stamps that `make` gives for the intent's id.
    func handedOver(
        _ writes: [RecordsCommand.Write], by author: Person, version: UInt32 = 2,
        _ make: (Digest) throws -> [EStamp]
    ) throws -> UnverifiedTransaction {
        var intent = intent(author.id, "records", RecordsCommand.bytes(writes))
        intent.contractVersion = version
        var attachment = Attachment()
        attachment.writes = writes.map { _ in .init(locator: draw(), paddedSizeBytes: 4096) }
        return try UnverifiedTransaction(
            intentBytes: intent.bytes, stamps: try make(Intent.id(of: intent.bytes)),
            attachment: attachment)
    }

    /// The stamps of a chain over these people's keys, the author's first.
    static func chain(_ id: Digest, _ keys: [SigningKey]) throws -> [EStamp] {
        var stamps = [try EStamp(intent: id, purpose: .author, signingWith: keys[0])]
        for (from, to) in zip(keys, keys.dropFirst()) {
            let offer = try EStamp(
                intent: id, purpose: .handOver, after: stamps[stamps.count - 1],
                to: try to.publicKey().id, signingWith: from)
            stamps += [
                offer, try EStamp(intent: id, purpose: .accept, after: offer, signingWith: to),
            ]
        }
        return stamps
    }

    /// One record, handed over as `make` has it.
    func handOver(_ make: (Digest) throws -> [EStamp]) throws -> RefusalReason? {
        try submit(handedOver([write(draw())], by: home.doctor, make))
    }

    func people(
        _ command: WirePeopleCommand, version: UInt32
    ) throws -> UnverifiedTransaction {
        var intent = intent(home.administrator.id, "people", Wire.encode(command))
        intent.contractVersion = version
        return try transaction(intent, stamps: [(.author, home.administrator.key)])
    }

    /// A passkey of the doctor's.
    func passkey() throws -> SoftAuthenticator {
        let passkey = try SoftAuthenticator()
        var command = WirePeopleCommand()
        command.addKey.person = home.doctor.id.bytes.field
        command.addKey.key = try passkey.publicKey().wire
        try accept(people(command, version: 2))
        return passkey
    }

    /// A record that the doctor stamps with a passkey.
    func touched(
        _ passkey: SoftAuthenticator, alter: (inout SoftAuthenticator.Answer) -> Void = { _ in }
    ) throws -> RefusalReason? {
        try submit(
            handedOver([write(draw())], by: home.doctor, version: 1) {
                [try passkey.stamp(intent: $0, purpose: .author, alter: alter)]
            })
    }
}
