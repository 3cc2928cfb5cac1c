package import FoundationEssentials
package import SwiftProtobuf

/// Why bytes from outside were not accepted. Names the kind of thing, never its content.
package struct MalformedBytes: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being read, for example `transaction`.
    package let what: String
    /// Why it was refused.
    package let reason: Reason

    package enum Reason: String, Sendable {
        case oversize, notProtobuf, notCanonical, badField, tooMany
    }

    package init(_ what: String, _ reason: Reason) {
        self.what = what
        self.reason = reason
    }

    package var description: String { "malformed \(what): \(reason.rawValue)" }
}

/// Size limits of everything that is decoded. A limit that is hit is an error, never a truncation.
package enum WireLimit {
    /// 4,096 writes of about 70 bytes each, with room.
    package static let intentBytes = 512 * 1024
    /// An intent, its stamps (ML-DSA-65 is 3.3 kB each) and 4,096 write attachments.
    package static let transactionBytes = 1024 * 1024
    /// What one node hands in at once.
    package static let submissionBytes = 8 * 1024 * 1024
    /// What the ordering service may put into one block.
    package static let batchBytes = 16 * 1024 * 1024
    /// A batch, its header and its refusals.
    package static let blockBytes = 20 * 1024 * 1024
    /// A header holds fixed-size fields only.
    package static let headerBytes = 1024
    /// A founding file: members with certificates, nodes, people.
    package static let genesisBytes = 1024 * 1024
    /// A proof carries every membership transaction since genesis.
    package static let proofBytes = 256 * 1024 * 1024
    /// FHIR transactions have up to 4,096 entries (DESIGN section 4).
    package static let writesPerIntent = 4096
    /// An author, a node, approvers: more is abuse.
    package static let stampsPerTransaction = 64
    /// Transactions in one submission.
    package static let transactionsPerSubmission = 8192
    /// Longest text of a channel, contract or role name.
    package static let nameBytes = 64
}

/// Strict Protobuf: within a limit, no unknown field, no trailing byte, exactly one encoding.
package enum Wire {
    /// Decodes bytes that must be the canonical encoding of a message.
    ///
    /// Unknown fields are dropped while decoding, so that whatever is not canonical (an unknown
    /// field at any depth, fields out of order, a long varint, trailing bytes) encodes to other
    /// bytes than came in, and is refused.
    package static func decode<Message: SwiftProtobuf.Message>(
        _ type: Message.Type, from bytes: [UInt8], what: String, limitBytes: Int
    ) throws(MalformedBytes) -> Message {
        guard bytes.count <= limitBytes else { throw MalformedBytes(what, .oversize) }
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        options.messageDepthLimit = 16
        let message: Message
        do {
            message = try Message(serializedBytes: bytes, partial: false, options: options)
        } catch {
            throw MalformedBytes(what, .notProtobuf)
        }
        guard encode(message) == bytes else { throw MalformedBytes(what, .notCanonical) }
        return message
    }

    /// The one encoding of a message.
    package static func encode(_ message: some SwiftProtobuf.Message) -> [UInt8] {
        // Serialization of proto3 messages without required or Any fields has no failing path; an
        // empty result would fail every later check rather than pass one.
        let bytes: [UInt8]? = try? message.serializedBytes()
        return bytes ?? []
    }
}

extension Digest {
    /// Reads a field that must hold 32 bytes.
    package init(field bytes: some Sequence<UInt8>, of what: String) throws(MalformedBytes) {
        guard let digest = Digest(bytes) else { throw MalformedBytes(what, .badField) }
        self = digest
    }
}

extension Identifier {
    /// Reads a field that must hold 16 bytes.
    package init(field bytes: some Sequence<UInt8>, of what: String) throws(MalformedBytes) {
        guard let identifier = Identifier(bytes) else { throw MalformedBytes(what, .badField) }
        self = identifier
    }
}

extension [UInt8] {
    /// The form in which SwiftProtobuf holds a bytes field.
    package var field: Data { Data(self) }
}
