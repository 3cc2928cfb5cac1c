import Contracts
import LedgerCore
import TestSupport

extension RefusedCase {
    /// Chains that do not hold; `HandOverChainTests` has every shape of them.
    static let handOvers: [RefusedCase] = [
        .init(.handOverNotAccepted, "nobody accepted") { stage in
            try stage.handOver {
                Array(
                    try Stage.chain($0, [stage.home.doctor.key, stage.home.nurse.key]).dropLast())
            }
        },
        .init(.handOverRedirected, "another person accepted") { stage in
            try stage.handOver { id in
                var stamps = try Stage.chain(id, [stage.home.doctor.key, stage.home.nurse.key])
                stamps[2] = try EStamp(
                    intent: id, purpose: .accept, after: stamps[1],
                    signingWith: stage.home.administrator.key)
                return stamps
            }
        },
        .init(.handOverForked, "two receivers") { stage in
            try stage.handOver { id in
                var stamps = try Stage.chain(id, [stage.home.doctor.key, stage.home.nurse.key])
                let other = try stage.home.administrator.key.publicKey().id
                stamps.append(
                    try EStamp(
                        intent: id, purpose: .handOver, after: stamps[0], to: other,
                        signingWith: stage.home.doctor.key))
                return stamps
            }
        },
        .init(.handOverBroken, "an acceptance of nothing") { stage in
            try stage.handOver { id in
                let stamps = try Stage.chain(id, [stage.home.doctor.key, stage.home.nurse.key])
                return [stamps[0], stamps[2]]
            }
        },
        .init(.handOverNotHolder, "by somebody who is not the author") { stage in
            try stage.handOver { id in
                let stamps = try Stage.chain(id, [stage.home.nurse.key, stage.home.doctor.key])
                let own = try EStamp(
                    intent: id, purpose: .author, signingWith: stage.home.doctor.key)
                let offer = try EStamp(
                    intent: id, purpose: .handOver, after: own, to: stamps[1].receiver,
                    signingWith: stage.home.nurse.key)
                return [
                    own, offer,
                    try EStamp(
                        intent: id, purpose: .accept, after: offer,
                        signingWith: stage.home.doctor.key),
                ]
            }
        },
        .init(.stampInvalid, "the receiver's name was altered") { stage in
            try stage.handOver { id in
                var stamps = try Stage.chain(id, [stage.home.doctor.key, stage.home.nurse.key])
                stamps[1].receiver = try stage.home.administrator.key.publicKey().id
                stamps[2] = try EStamp(
                    intent: id, purpose: .accept, after: stamps[1],
                    signingWith: stage.home.administrator.key)
                return stamps
            }
        },
        .init(.stampInvalid, "the receiver is nobody the ledger knows") { stage in
            try stage.handOver {
                try Stage.chain($0, [stage.home.doctor.key, signingKey(4_711)])
            }
        },
        .init(.stampInvalid, "the receiver is a node") { stage in
            try stage.handOver { try Stage.chain($0, [stage.home.doctor.key, stage.home.nodeKey]) }
        },
        .init(.keyRevoked, "the receiver's key was revoked") { stage in
            try stage.accept(
                stage.people(
                    PeopleCommands.revokeKey(stage.home.nurse.key, of: stage.home.nurse.id),
                    by: stage.home.administrator))
            return try stage.handOver {
                try Stage.chain($0, [stage.home.doctor.key, stage.home.nurse.key])
            }
        },
        .init(.stampNotAllowed, "a whole chain in version 1") { stage in
            try stage.submit(
                stage.handedOver([stage.write(stage.draw())], by: stage.home.doctor, version: 1) {
                    try Stage.chain($0, [stage.home.doctor.key, stage.home.nurse.key])
                })
        },
        .init(.stampNotAllowed, "a refusal in version 2") { stage in
            try stage.handOver { id in
                [
                    try EStamp(intent: id, purpose: .author, signingWith: stage.home.doctor.key),
                    try EStamp(intent: id, purpose: .refuse, signingWith: stage.home.nurse.key),
                ]
            }
        },
        .init(.policyNotMet, "receivers lend the author no role") { stage in
            try stage.submit(
                stage.handedOver([stage.write(stage.draw())], by: stage.home.administrator) {
                    try Stage.chain($0, [stage.home.administrator.key, stage.home.doctor.key])
                })
        },
    ]

    /// What browser and authenticator may say wrong; `StampFaultTests` has every shape of it.
    static let passkeys: [RefusedCase] = [
        .init(.webauthnType, "a registration") {
            try $0.touched($0.passkey()) { $0.type = "webauthn.create" }
        },
        .init(.webauthnChallenge, "another intent") {
            try $0.touched($0.passkey()) { $0.challenge = leaf(9).bytes }
        },
        .init(.webauthnOrigin, "another page") {
            try $0.touched($0.passkey()) { $0.origin = "https://evil.example" }
        },
        .init(.webauthnRelyingParty, "another domain") {
            try $0.touched($0.passkey()) { $0.party = "evil.example" }
        },
        .init(.webauthnUserNotVerified, "touched by anybody") {
            try $0.touched($0.passkey()) { $0.flags = 1 }
        },
        .init(.webauthnMalformed, "no JSON") {
            try $0.touched($0.passkey()) { $0.clientDataJSON = [0] }
        },
        .init(.stampInvalid, "a passkey without a page") { stage in
            let passkey = try SoftAuthenticator()
            var command = WirePeopleCommand()
            command.addKey.person = stage.home.doctor.id.bytes.field
            command.addKey.key = try PublicKey(
                scheme: .webauthn, bytes: passkey.publicKey().bytes
            ).wire
            try stage.accept(stage.people(command, version: 1))
            return try stage.touched(passkey)
        },
        .init(.malformed, "a passkey's page in version 1 of people") { stage in
            var command = WirePeopleCommand()
            command.addKey.person = stage.home.doctor.id.bytes.field
            command.addKey.key = try SoftAuthenticator().publicKey().wire
            return try stage.submit(stage.people(command, version: 1))
        },
        .init(.malformed, "somebody enrolled with a passkey's page in version 1") { stage in
            var person = try stage.home.description(Person(800, roles: []))
            person.keys = [try SoftAuthenticator().publicKey().wire]
            return try stage.submit(stage.people(PeopleCommands.enrol(person), version: 1))
        },
        .init(.malformed, "a passkey's page in an admission") { stage in
            var command = try stage.admit(House(2))
            command.admit.people[1].keys = [try SoftAuthenticator().publicKey().wire]
            return try stage.submit(stage.members(command, by: stage.home.administrator))
        },
        .init(.malformed, "a page beside a raw key") { stage in
            var command = try PeopleCommands.addKey(signingKey(801), to: stage.home.doctor.id)
            command.addKey.key.relyingParty = try SoftAuthenticator().party.wire
            return try stage.submit(stage.people(command, version: 2))
        },
    ]
}
