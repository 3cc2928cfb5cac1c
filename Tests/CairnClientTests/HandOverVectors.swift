import CairnClient
import Crypto
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// Records whose author handed them over, and chains that do not hold in a log that a quorum
/// signed all the same.
enum HandOverVectors {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        try valid(&list)
        try broken(&list)
        return list.vectors
    }

    /// A hand-over and its acceptance, after `stamp`.
    static func hop(
        _ id: Digest, after stamp: EStamp, from: SigningKey, to: SigningKey
    ) throws -> [EStamp] {
        let offer = try EStamp(
            intent: id, purpose: .handOver, after: stamp, to: try to.publicKey().id,
            signingWith: from)
        return [offer, try EStamp(intent: id, purpose: .accept, after: offer, signingWith: to)]
    }

    private static func valid(_ list: inout ProofVectorList) throws {
        let ledger = try ProofLedger(memberCount: 3)
        try ledger.append(
            try ledger.entry(intent: { $0.contractVersion = 2 }))
        try list.add("version-2-without-a-chain", nil, on: ledger)
        try ledger.append(
            try ledger.entry(
                intent: { $0.contractVersion = 2 },
                stamps: { stamps, id in
                    let keys = ledger.members.map(\.personKey)
                    stamps += try hop(id, after: stamps[0], from: keys[0], to: keys[1])
                    stamps += try hop(id, after: stamps[2], from: keys[1], to: keys[2])
                    stamps += try hop(id, after: stamps[4], from: keys[2], to: keys[0])
                }))
        try list.add("handed-over-to-two-members-and-back", nil, on: ledger)
        try ledger.append(
            try ledger.entry(
                key: ledger.home.nodeKey, purpose: .onBehalf,
                intent: { $0.contractVersion = 2 },
                stamps: { stamps, id in
                    stamps += try hop(
                        id, after: stamps[0], from: ledger.home.personKey,
                        to: ledger.members[1].personKey)
                    stamps.append(
                        try EStamp(
                            intent: id, purpose: .approve,
                            signingWith: ledger.members[2].personKey))
                }))
        try list.add("handed-over-after-the-node-s-stamp", nil, on: ledger)
    }

    private static func broken(_ list: inout ProofVectorList) throws {
        func chain(
            _ name: String, _ reason: ProofRefusal.Reason, version: UInt32 = 2,
            _ alter: (inout [EStamp], Digest, [SigningKey]) throws -> Void
        ) throws {
            let ledger = try ProofLedger(memberCount: 3)
            let keys = ledger.members.map(\.personKey)
            try ledger.force(
                try ledger.entry(
                    intent: { $0.contractVersion = version },
                    stamps: { stamps, id in
                        stamps += try hop(id, after: stamps[0], from: keys[0], to: keys[1])
                        try alter(&stamps, id, keys)
                    }))
            try list.add(name, reason, on: ledger)
        }
        try chain("hand-over-in-version-1", .subjectRefused, version: 1) { _, _, _ in }
        try chain("hand-over-never-accepted", .handOverNotAccepted) { stamps, _, _ in
            stamps.removeLast()
        }
        try chain("hand-over-redirected", .handOverRedirected) { stamps, id, keys in
            stamps[2] = try EStamp(
                intent: id, purpose: .accept, after: stamps[1], signingWith: keys[2])
        }
        try chain("receiver-relabelled", .stampInvalid) { stamps, id, keys in
            stamps[1].receiver = try keys[2].publicKey().id
            stamps[2] = try EStamp(
                intent: id, purpose: .accept, after: stamps[1], signingWith: keys[2])
        }
        try chain("hand-over-forked", .handOverForked) { stamps, id, keys in
            stamps += try hop(id, after: stamps[0], from: keys[0], to: keys[2])
        }
        try chain("accepted-twice", .handOverForked) { stamps, id, keys in
            stamps.append(
                try EStamp(intent: id, purpose: .accept, after: stamps[1], signingWith: keys[1]))
        }
        try chain("handed-on-by-a-former-holder", .handOverNotHolder) { stamps, id, keys in
            stamps += try hop(id, after: stamps[2], from: keys[0], to: keys[2])
        }
        try chain("handed-over-by-a-stranger", .handOverNotHolder) { stamps, id, keys in
            stamps = [stamps[0]] + (try hop(id, after: stamps[0], from: keys[1], to: keys[2]))
        }
        try chain("acceptance-of-nothing", .handOverBroken) { stamps, id, keys in
            stamps.remove(at: 1)
        }
        try chain("hop-left-out", .handOverBroken) { stamps, id, keys in
            stamps += try hop(id, after: stamps[2], from: keys[1], to: keys[2])
            stamps.removeSubrange(1...2)
        }
        try chain("hops-out-of-order", .handOverBroken) { stamps, _, _ in stamps.swapAt(1, 2) }
        try chain("author-s-stamp-names-one-before", .handOverBroken) { stamps, id, keys in
            stamps = [
                try EStamp(
                    intent: id, purpose: .author, after: stamps[2], signingWith: keys[0])
            ]
        }
        try chain("accepted-by-an-unknown-key", .stampUnknownKey) { stamps, id, keys in
            let stranger = SigningKey.p256(.init())
            stamps = [stamps[0]] + (try hop(id, after: stamps[0], from: keys[0], to: stranger))
        }
    }
}
