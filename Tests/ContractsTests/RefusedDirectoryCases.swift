import Contracts
import FoundationEssentials
import LedgerCore

extension RefusedCase {
    private static func enrol(
        _ stage: Stage, _ change: (inout WirePersonDescription) -> Void
    ) throws -> RefusalReason? {
        var description = try stage.home.description(Person(500, roles: ["nurse"]))
        change(&description)
        return try stage.submit(
            stage.people(PeopleCommands.enrol(description), by: stage.home.administrator))
    }

    private static func people(
        _ stage: Stage, _ command: WirePeopleCommand, by person: Person? = nil
    ) throws -> RefusalReason? {
        try stage.submit(stage.people(command, by: person ?? stage.home.administrator))
    }

    private static func members(
        _ stage: Stage, _ command: WireMembersCommand, by person: Person? = nil
    ) throws -> RefusalReason? {
        try stage.submit(stage.members(command, by: person ?? stage.home.administrator))
    }

    private static func admit(
        _ stage: Stage, _ change: (inout WireAdmitMember) throws -> Void
    ) throws -> RefusalReason? {
        var command = try stage.admit(House(2))
        try change(&command.admit)
        return try members(stage, command)
    }

    static let directory: [RefusedCase] = personCases + memberCases

    static let personCases: [RefusedCase] = [
        .init(.policyNotMet, "a doctor enrols") {
            try people(
                $0, PeopleCommands.enrol($0.home.description(Person(500, roles: []))),
                by: $0.home.doctor)
        },
        .init(.policyNotMet, "another member's people") { stage in
            let guest = try stage.guest()
            return try people(stage, PeopleCommands.grant("nurse", to: guest.doctor.id))
        },
        .init(.alreadyExists, "a person again") { stage in
            try enrol(stage) { $0.id = stage.home.nurse.id.bytes.field }
        },
        .init(.alreadyExists, "a key that another person has") { stage in
            try people(stage, PeopleCommands.addKey(stage.home.nurse.key, to: stage.home.doctor.id))
        },
        .init(.alreadyExists, "a revoked key returns") { stage in
            try stage.accept(
                stage.people(
                    PeopleCommands.revokeKey(stage.home.nurse.key, of: stage.home.nurse.id),
                    by: stage.home.administrator))
            return try people(
                stage, PeopleCommands.addKey(stage.home.nurse.key, to: stage.home.nurse.id))
        },
        .init(.alreadyExists, "a role again") {
            try people($0, PeopleCommands.grant("nurse", to: $0.home.nurse.id))
        },
        .init(.unknownRole, "a role off the list") {
            try people($0, PeopleCommands.grant("wizard", to: $0.home.nurse.id))
        },
        .init(.unknownRole, "enrolled with a role off the list") {
            try enrol($0) { $0.roles = ["wizard"] }
        },
        .init(.unknownSubject, "a person nobody knows") {
            try people($0, PeopleCommands.grant("nurse", to: identifier(9)))
        },
        .init(.unknownSubject, "a role not held") {
            try people($0, PeopleCommands.revoke("auditor", of: $0.home.nurse.id))
        },
        .init(.unknownSubject, "a key not held") {
            try people(
                $0, PeopleCommands.revokeKey($0.home.doctor.key, of: $0.home.nurse.id))
        },
        .init(.lastAdministrator, "resigns") {
            try people($0, PeopleCommands.revoke("administrator", of: $0.home.administrator.id))
        },
        .init(.lastAdministrator, "gives up the only key") {
            try people(
                $0,
                PeopleCommands.revokeKey(
                    $0.home.administrator.key, of: $0.home.administrator.id))
        },
        .init(.malformed, "no person command") { try people($0, WirePeopleCommand()) },
        .init(.malformed, "a short id") { try enrol($0) { $0.id.removeLast() } },
        .init(.malformed, "a role twice") { try enrol($0) { $0.roles = ["nurse", "nurse"] } },
        .init(.malformed, "a broken key") { try enrol($0) { $0.keys[0].bytes.removeLast() } },
        .init(.malformed, "seventeen keys") { stage in
            let keys = try (0..<17).map { try signingKey(6000 + $0).publicKey().wire }
            return try enrol(stage) { $0.keys = keys }
        },
        .init(.malformed, "a seventeenth key") { stage in
            for number in 0..<15 {
                try stage.accept(
                    stage.people(
                        PeopleCommands.addKey(
                            signingKey(6000 + UInt64(number)), to: stage.home.nurse.id),
                        by: stage.home.administrator))
            }
            return try people(
                stage, PeopleCommands.addKey(signingKey(7000), to: stage.home.nurse.id))
        },
        .init(.malformed, "a role command that names a pack") { stage in
            var attachment = Attachment()
            attachment.claims = [.init(id: leaf(1), kind: .name, write: 0)]
            let command = PeopleCommands.grant("auditor", to: stage.home.nurse.id)
            return try stage.submit(
                stage.transaction(
                    stage.intent(stage.home.administrator.id, "people", Wire.encode(command)),
                    stamps: [(.author, stage.home.administrator.key)], attachment: attachment))
        },
    ]

    static let memberCases: [RefusedCase] = [
        .init(.policyNotMet, "a doctor admits") {
            try members($0, $0.admit(House(2)), by: $0.home.doctor)
        },
        .init(.policyNotMet, "a node for another member") { stage in
            let guest = try stage.guest()
            return try members(
                stage,
                NodeCommands.add(
                    House.nodeDescription(identifier(8), of: guest.member, key: signingKey(8))))
        },
        .init(.policyNotMet, "a node retires itself") {
            try members($0, NodeCommands.retire($0.home.node))
        },
        .init(.policyNotMet, "another member's node is retired") { stage in
            let guest = try stage.guest()
            return try members(stage, NodeCommands.retire(guest.node))
        },
        .init(.unknownSubject, "a node nobody knows is retired") {
            try members($0, NodeCommands.retire(identifier(8)))
        },
        .init(.alreadyExists, "a member again") { stage in
            _ = try stage.guest()
            return try members(stage, stage.admit(House(2)))
        },
        .init(.alreadyExists, "a node again") {
            try members($0, NodeCommands.add($0.home.nodeDescription()))
        },
        .init(.alreadyExists, "a node under a person's key") { stage in
            try members(
                stage,
                NodeCommands.add(
                    House.nodeDescription(
                        identifier(8), of: stage.home.member, key: stage.home.nurse.key)))
        },
        .init(.lastAdministrator, "a member without an administrator") {
            try admit($0) { $0.people.removeFirst() }
        },
        .init(.lastAdministrator, "an administrator without a key") {
            try admit($0) { $0.people[0].keys = [] }
        },
        .init(.malformed, "no member command") { try members($0, WireMembersCommand()) },
        .init(.malformed, "a member without a name") { try admit($0) { $0.member.name = "" } },
        .init(.malformed, "a member without an authority") {
            try admit($0) { $0.member.authority = .init() }
        },
        .init(.malformed, "a checkpoint key of small order") {
            try admit($0) { $0.member.checkpointKey = [UInt8](repeating: 0, count: 32).field }
        },
        .init(.malformed, "a jurisdiction that is no code") {
            try admit($0) { $0.member.jurisdiction = "Germany" }
        },
        .init(.malformed, "a member without a node") { try admit($0) { $0.nodes = [] } },
        .init(.malformed, "a node of another member") { stage in
            try admit(stage) { $0.nodes[0].member = stage.home.member.bytes.field }
        },
        .init(.malformed, "a person of another member") { stage in
            try admit(stage) { $0.people[1].member = stage.home.member.bytes.field }
        },
        .init(.malformed, "a node without a sealing key") {
            try admit($0) { $0.nodes[0].sealingKey.removeLast() }
        },
        .init(.malformed, "a node with an authenticator's key") { stage in
            try admit(stage) { $0.nodes[0].stampKey.scheme = .webauthn }
        },
        .init(.malformed, "a node to retire without a name") { stage in
            var command = NodeCommands.retire(stage.home.node)
            command.retireNode.node = .init()
            return try members(stage, command)
        },
    ]
}
