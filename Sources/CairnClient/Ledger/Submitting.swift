package import Identity
package import LedgerCore

/// A transaction that a person stamps and hands to a node.
package struct StampedIntent: Sendable {
    package let intentBytes: [UInt8]
    package let stamps: [EStamp]
    /// The transaction's id.
    package let id: Digest

    /// Stamps a command with the wallet's default key, for the window of ``StampBuilder``.
    ///
    /// - Parameter version: of the contract.
    package init(
        contract: String, command: [UInt8], channel: String, wallet: Wallet, nowMs: UInt64,
        nonce: Identifier, version: UInt32 = 1
    ) throws {
        let intent = StampedIntent.intent(
            contract: contract, version: version, command: command, channel: channel,
            wallet: wallet, nowMs: nowMs, nonce: nonce)
        intentBytes = intent.bytes
        id = Intent.id(of: intentBytes)
        stamps = [try wallet.defaultKey.stamp(intent: id, purpose: .author)]
    }

    /// An act with all its stamps.
    package init(_ act: CollectedAct) {
        intentBytes = act.intentBytes
        id = act.id
        stamps = act.stamps
    }

    /// The wallet's person's intent, from a little before now until so long afterwards.
    package static func intent(
        contract: String, version: UInt32 = 1, command: [UInt8], channel: String, wallet: Wallet,
        nowMs: UInt64, lastsMs: UInt64 = StampBuilder.afterMs, nonce: Identifier
    ) -> Intent {
        Intent(
            network: wallet.network, channel: channel, author: wallet.person,
            notBeforeMs: nowMs - min(nowMs, StampBuilder.beforeMs),
            notAfterMs: nowMs + lastsMs, nonce: nonce, contract: contract,
            contractVersion: version, command: command)
    }
}

extension CairnHTTPClient {
    /// Hands in transactions that carry no content, and waits until they are in a block.
    ///
    /// - Returns: a receipt for each that was accepted.
    /// - Throws: ``ClientError``, `refused` with the contract's reason for the first that was not.
    package func submit(_ intents: [StampedIntent], channel: String) async throws -> [WriteReceipt]
    {
        var request = WireSubmitRequest()
        request.items = intents.map { intent in
            var item = WireSubmitItem()
            item.intent = intent.intentBytes.field
            item.stamps = intent.stamps.map(\.wire)
            return item
        }
        let target = "/api/v1/ledger/\(RequestTarget.segment(channel))/transactions"
        let answer = try await send(
            ClientRequest(
                .post, target,
                headers: [
                    ("Content-Type", "application/x-protobuf"),
                    ("Accept", "application/x-protobuf"),
                ], body: .bytes(Wire.encode(request), digest: nil)))
        let response: WireSubmitResponse
        do {
            response = try Wire.decode(
                WireSubmitResponse.self, from: answer.body, what: "submit response",
                limitBytes: CairnHTTPClient.answerBytesMax)
        } catch {
            throw ClientError.unexpected(what: error.description)
        }
        guard response.results.count == intents.count else {
            throw ClientError.unexpected(what: "\(response.results.count) results")
        }
        return try zip(intents, response.results).map { try Self.receipt($0, $1) }
    }

    private static func receipt(
        _ intent: StampedIntent, _ result: WireSubmitResult
    ) throws -> WriteReceipt {
        guard result.error.isEmpty else {
            throw ClientError.refused(
                status: 400,
                .init(code: "not-handed-in", message: result.error, hint: result.hint))
        }
        guard result.hasReceipt, let receipt = try? WriteReceipt(result.receipt),
            receipt.transaction == intent.id
        else {
            throw ClientError.unexpected(what: "a receipt is missing or of another transaction")
        }
        if let reason = receipt.refused {
            throw ClientError.refused(
                status: 409,
                .init(
                    code: reason, message: "the ledger refused it: \(reason)",
                    hint: PeopleHint.text(reason)))
        }
        return receipt
    }
}

/// What to do about a contract's refusal.
enum PeopleHint {
    static func text(_ reason: String) -> String {
        switch reason {
        case "policy-not-met": "this needs the role administrator at that member"
        case "already-exists": "it is so already"
        case "unknown-subject": "`cairn person list` shows people, their roles and keys"
        case "unknown-role": "use a role that the network defines, for example practitioner"
        case "last-administrator": "make somebody else administrator first"
        case "key-revoked": "this wallet's key was revoked; use another wallet"
        case "outside-window": "compare this machine's clock with the server's"
        case "unknown-contract":
            "the ledger does not run this contract; `cairn network contracts` shows what it runs, "
                + "and beginning versions takes stamps of most members' administrators"
        case "version-not-active":
            "`cairn network contracts` shows which versions the ledger runs"
        case "contract-paused": "the members have paused this contract; wait until they resume it"
        case "activation-waits": "cancel the activation that waits, or wait for its height"
        case "height-passed": "name a height that is to come"
        case "stamp-not-allowed": "the policy does not ask for your stamp"
        case "already-stamped": "you have said so already"
        case "proposal-expired", "proposal-closed": "`cairn network proposals` shows its standing"
        default: ""
        }
    }
}
