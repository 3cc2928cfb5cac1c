/// The founding file of a network. It stands alone: its digest names the network, its body names
/// the founding member, node and person, and their stamps show that they agreed.
package struct Genesis: Sendable {
    /// The exact file.
    package let bytes: [UInt8]
    package let body: WireGenesisBody
    package let stamps: [EStamp]
    /// Digest of the exact file: the network's name in every intent and header.
    package let digest: Digest

    /// The format that this code writes.
    package static let version: UInt32 = 1

    /// Reads a genesis file and checks that every founder's stamp holds.
    package init(bytes: [UInt8]) throws {
        let wire = try Wire.decode(
            WireGenesis.self, from: bytes, what: "genesis", limitBytes: WireLimit.genesisBytes)
        let bodyBytes = [UInt8](wire.body)
        body = try Wire.decode(
            WireGenesisBody.self, from: bodyBytes, what: "genesis",
            limitBytes: WireLimit.genesisBytes)
        guard body.version == Genesis.version, Genesis.isConsistent(body) else {
            throw MalformedBytes("genesis", .badField)
        }
        self.bytes = bytes
        digest = Domain.genesis.digest(bytes)
        stamps = try wire.stamps.map { try EStamp($0) }
        try Genesis.check(stamps: stamps, body: body, id: Genesis.stampedID(bodyBytes))
    }

    /// Founds a network: the body, stamped by every founding person's and node's key.
    package init(body: WireGenesisBody, founders: [SigningKey]) throws {
        let bodyBytes = Wire.encode(body)
        var wire = WireGenesis()
        wire.body = bodyBytes.field
        wire.stamps = try founders.map {
            try EStamp(
                intent: Genesis.stampedID(bodyBytes), purpose: .approve, signingWith: $0
            ).wire
        }
        try self.init(bytes: Wire.encode(wire))
    }

    /// What the founders stamp.
    private static func stampedID(_ body: [UInt8]) -> Digest { Domain.genesisBody.digest(body) }

    /// The last time that a block may take from its batch: the end of the year 9999. Beyond it,
    /// times only count on, so that no batch can bring a chain near the end of its numbers.
    package static let timeMsMax: UInt64 = 253_402_300_799_999

    /// Whether the parts of a body fit together: names are valid and unique, and every channel,
    /// node and person belongs to members that the body describes.
    private static func isConsistent(_ body: WireGenesisBody) -> Bool {
        let members = Set(body.members.map(\.id))
        let channels = Set(body.channels.map(\.name))
        let roles = body.parameters.roles
        return !members.isEmpty && members.count == body.members.count
            && !channels.isEmpty && channels.count == body.channels.count
            && body.channels.allSatisfy { channel in
                Name.isValid(channel.name) && !channel.members.isEmpty
                    && Header.Ordering(rawValue: channel.ordering.rawValue) != nil
                    && members.isSuperset(of: channel.members)
            }
            && body.nodes.allSatisfy { members.contains($0.member) }
            && body.people.allSatisfy { members.contains($0.member) }
            && roles.allSatisfy(Name.isValid) && Set(roles).count == roles.count
            && body.salt.count == Digest.size && body.parameters.windowMaxMs > 0
            && body.createdMs <= timeMsMax
    }

    private static func check(stamps: [EStamp], body: WireGenesisBody, id: Digest) throws {
        var keys = [Digest: PublicKey]()
        for node in body.nodes {
            let key = try PublicKey(node.stampKey)
            keys[key.id] = key
        }
        for person in body.people {
            for wire in person.keys {
                let key = try PublicKey(wire)
                keys[key.id] = key
            }
        }
        var missing = Set(keys.keys)
        for stamp in stamps {
            // Once each, and nothing else: a network's name has no room for others' additions.
            guard let key = keys[stamp.key], missing.remove(stamp.key) != nil,
                stamp.purpose == .approve, stamp.batch == nil,
                stamp.holds(for: id, key: key, parsed: try ParsedKey(key))
            else { throw StampProblem.doesNotHold(stamp.key, .signature) }
        }
        if let key = missing.min() { throw StampProblem.unknownKey(key) }
    }
}
