package ledger

import (
	"errors"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// Code names the rule that a statement broke. Codes are what clients and tests
// match; the law documents add codes of their own. The codes that
// consensus/statement gives to errors of form, and consensus/procedure to acts
// that its law refuses, are passed on unchanged.
type Code string

// The ledger's own codes.
const (
	CodeUndecodable  Code = "undecodable" // the whole command is not one
	CodeNetwork      Code = "wrong_network"
	CodeKind         Code = "unknown_kind" // kind and version together
	CodeRegion       Code = "not_a_member"
	CodeKey          Code = "unknown_key"
	CodeKeyState     Code = "key_not_valid" // not active at this index
	CodeKeyUse       Code = "wrong_key_use"
	CodeSignature    Code = "bad_signature"
	CodeIDReused     Code = "id_reused"
	CodeTooOld       Code = "signed_too_old"
	CodeAhead        Code = "signed_ahead"
	CodeOrg          Code = "org_not_of_region"
	CodeProcedure    Code = "unknown_procedure"
	CodeRecord       Code = "unknown_record"
	CodeStalePrev    Code = "stale_prev"
	CodeRecordFull   Code = "record_full"
	CodeMark         Code = "mark_form" // a law document made a mark that cannot be stored
	CodeForeign      Code = "foreign_region"
	CodeKeyTwice     Code = "key_bytes_known" // the same key under another id, use or region
	CodeKeyTaken     Code = "key_known"       // spelled as in certs/keyring, with the next four
	CodeKeyUnknown   Code = "key_unknown"     // a governance statement names a key that is not registered
	CodeKeyPrepared  Code = "key_not_prepared"
	CodeKeyActive    Code = "key_not_active"
	CodeKeyRevoked   Code = "key_revoked"
	CodeKeyOrder     Code = "key_order"
	CodeLastKey      Code = "last_governance_key"
	CodeIssuerTaken  Code = "issuer_known"
	CodeIssuer       Code = "unknown_issuer"
	CodeIssuerGone   Code = "issuer_dropped"
	CodeRoleTaken    Code = "role_granted"
	CodeRole         Code = "role_not_granted"
	CodeRevokedTwice Code = "already_revoked"
	CodeFull         Code = "region_full" // a bound on what one region may register
	CodeSealEarly    Code = "day_not_ended"
	CodeSealed       Code = "already_sealed"
	CodeSealNote     Code = "not_a_final_checkpoint"
	CodeSealTree     Code = "checkpoint_of_another_tree"
	CodeSealState    Code = "wrong_state_digest"
	CodeSealLaw      Code = "law_not_in_force"
	CodeMoveNode     Code = "not_a_voting_node"
	CodeMoveTwice    Code = "move_signed"
	CodeMoveStale    Code = "move_overtaken"
	CodeRecoveryTree Code = "recovery_of_another_tree"
	CodeRecoverTwice Code = "recovery_signed"
	CodeLawText      Code = "not_law"
	CodeLawVersion   Code = "not_the_next_version"
	CodeLawPast      Code = "changes_past_days"
	CodeLawProposal  Code = "unknown_proposal"
	CodeLawClosed    Code = "proposal_closed"
	CodeLawVoted     Code = "already_approved"
	CodeLawVotes     Code = "approval_missing"
	CodeLawEarly     Code = "before_its_time"
	CodeOffer        Code = "unknown_offer"
	CodeOfferEnded   Code = "offer_ended"
	CodeOfferTo      Code = "no_other_bureau"
	CodeOfferTime    Code = "not_in_the_offers_time"
	CodeOfferRoot    Code = "another_list"
	CodeAccessLog    Code = "not_the_next_access_log"
	CodeAccessShort  Code = "access_log_shorter"
	CodeAccessFork   Code = "access_log_differs"
	CodeAccessKnown  Code = "access_head_known"
)

// meaning is what a code means to people and to HTTP.
type meaning struct {
	status int // RFC 9110 status code
	zh, en string
}

// Status returns the HTTP status that api/public answers for a code: from the
// tables here, else by the class that consensus/procedure gives it. A code that
// only a law document knows says that the record's state forbids the act: 409.
func (c Code) Status() int {
	if m, ok := codes[c]; ok {
		return m.status
	}
	if _, ok := formCodes[c]; ok {
		return statusBadRequest
	}
	switch procedure.ClassOf(string(c)) {
	case procedure.ClassForm:
		return statusUnprocessable
	case procedure.ClassForbidden:
		return statusForbidden
	}
	return statusConflict
}

// The numbers of RFC 9110 section 15.5; net/http stays out of this package.
const (
	statusBadRequest    = 400
	statusForbidden     = 403
	statusNotFound      = 404
	statusConflict      = 409
	statusTooLarge      = 413
	statusUnprocessable = 422
)

var codes = map[Code]meaning{
	CodeUndecodable:  {statusBadRequest, "无法解码的命令", "the command cannot be decoded"},
	CodeNetwork:      {statusUnprocessable, "声明属于另一个网络", "the statement belongs to another network"},
	CodeKind:         {statusUnprocessable, "当前协议版本不识别此类声明", "this protocol does not know the kind or its version"},
	CodeRegion:       {statusForbidden, "声明所称地区不是成员", "the region is not a member"},
	CodeKey:          {statusForbidden, "签名密钥未登记", "the signing key is not registered"},
	CodeKeyState:     {statusForbidden, "签名密钥此时无效", "the signing key is not valid at this index"},
	CodeKeyUse:       {statusForbidden, "该密钥的用途不允许签署此类声明", "the key is registered for another use"},
	CodeSignature:    {statusForbidden, "签名无效", "the signature does not verify"},
	CodeIDReused:     {statusConflict, "该声明编号已用于另一请求", "the statement id was used for another request"},
	CodeTooOld:       {statusUnprocessable, "签署时间早于账本时间超过三十日", "signed more than 30 days before ledger time"},
	CodeAhead:        {statusUnprocessable, "签署时间晚于账本时间超过两分钟", "signed more than 2 minutes ahead of ledger time"},
	CodeOrg:          {statusForbidden, "该机构不属于签署地区", "the organisation is not one of the signing region"},
	CodeProcedure:    {statusUnprocessable, "没有此程序", "there is no such procedure"},
	CodeRecord:       {statusNotFound, "没有此记录", "there is no such record"},
	CodeStalePrev:    {statusConflict, "记录已有更新的声明", "the record has a newer statement"},
	CodeRecordFull:   {statusConflict, "记录已达到容量上限", "the record has reached its size limit"},
	CodeMark:         {statusConflict, "标记无法保存", "the mark cannot be stored"},
	CodeForeign:      {statusForbidden, "不得处理其他地区的事项", "a region may not act about another region"},
	CodeKeyTwice:     {statusConflict, "该密钥已以其他编号、用途或地区登记", "the same key is registered under another id, use or region"},
	CodeKeyTaken:     {statusConflict, "密钥编号已登记", "the key id is already registered"},
	CodeKeyUnknown:   {statusNotFound, "没有此密钥", "there is no such key"},
	CodeKeyPrepared:  {statusConflict, "密钥不处于待启用状态", "the key is not in state prepared"},
	CodeKeyActive:    {statusConflict, "密钥不处于启用状态", "the key is not in state active"},
	CodeKeyRevoked:   {statusConflict, "密钥已吊销", "the key is revoked"},
	CodeKeyOrder:     {statusConflict, "密钥状态变更次序错误", "the key's transitions are out of order"},
	CodeLastKey:      {statusConflict, "不得停用最后一把治理密钥", "the last governance key cannot be retired or revoked"},
	CodeIssuerTaken:  {statusConflict, "令牌签发者已登记", "the issuer is already registered"},
	CodeIssuer:       {statusNotFound, "没有此令牌签发者", "there is no such issuer"},
	CodeIssuerGone:   {statusConflict, "令牌签发者已注销", "the issuer was dropped"},
	CodeRoleTaken:    {statusConflict, "该角色已授予", "the role is already granted"},
	CodeRole:         {statusConflict, "该角色未授予", "the role is not granted"},
	CodeRevokedTwice: {statusConflict, "令牌已吊销", "the tokens are already revoked"},
	CodeFull:         {statusConflict, "该地区登记数量已达上限", "the region has registered as many as it may"},

	CodeSealEarly: {statusUnprocessable, "该日按账本时间尚未结束", "the day has not ended by ledger time"},
	CodeSealed:    {statusConflict, "该日或其后的日期已封存", "this day or a later one is sealed already"},
	CodeSealNote:  {statusUnprocessable, "不是本账本的最终检查点", "not a final checkpoint under the registered keys"},
	CodeSealTree:  {statusUnprocessable, "检查点与账本的树不符", "the checkpoint is not one of this ledger's tree, or covers less than the last seal"},
	CodeSealState: {statusUnprocessable, "状态摘要与检查点末叶不符", "the state digest is not that of the last leaf covered"},
	CodeSealLaw:   {statusUnprocessable, "日历或期限规则版本不是现行版本", "the calendar or rule version is not the one in force"},

	CodeMoveNode:  {statusUnprocessable, "没有此投票节点", "there is no such voting node"},
	CodeMoveTwice: {statusConflict, "本地区已签署同一领导权移交", "the region has signed this move already"},
	CodeMoveStale: {statusConflict, "此任期的领导权移交已生效或已被取代", "a move for this term or a later one has taken effect"},

	CodeRecoveryTree: {statusConflict, "账本此刻不在恢复令所载的树上", "the ledger does not stand at the tree that the recovery names"},
	CodeRecoverTwice: {statusConflict, "本地区已签署此恢复令", "the region has signed this recovery already"},

	CodeReturnNote:  {statusUnprocessable, "回退令所载的检查点不是最终检查点", "the checkpoint that the return names is not final"},
	CodeReturnTree:  {statusConflict, "账本此刻不在回退令所载的最终检查点上", "the ledger does not stand at the final checkpoint that the return names"},
	CodeReturnFork:  {statusUnprocessable, "回退令未附成立的分叉证据", "the return proves no fork above its checkpoint: two roots of one size, not signed by one region alone"},
	CodeReturnVoid:  {statusUnprocessable, "回退令作废的条目未及分叉之处", "the return gives up fewer entries than the fork reaches"},
	CodeReturnTwice: {statusConflict, "本地区已签署此回退令", "the region has signed this return already"},
	CodeReturnLate:  {statusConflict, "回退令生效前账上已有其他条目", "other entries have come before this return was in force"},

	CodeLawText:     {statusUnprocessable, "文本不能作为程序、期限规则或日历施行", "the text is not law that could come into force"},
	CodeLawVersion:  {statusConflict, "不是现行版本的下一版本", "not the next version of what is in force"},
	CodeLawPast:     {statusConflict, "日历改动了已经过去的日期", "the calendar changes days that have passed"},
	CodeLawProposal: {statusNotFound, "没有此提案", "there is no such proposal"},
	CodeLawClosed:   {statusConflict, "提案已通过施行或已被否决", "the proposal was adopted or refused"},
	CodeNode:        {statusNotFound, "没有此节点", "there is no such node"},
	CodeNodeTaken:   {statusConflict, "节点编号已经用过，请另取编号", "the node id is, or was, a node's; choose another"},
	CodeNodeGone:    {statusConflict, "节点已移除", "the node is removed"},
	CodeNodeAddress: {statusConflict, "地址已由其他地区的节点使用", "a node of another region has this address"},
	CodeNodeVoted:   {statusConflict, "本地区已签署移除该节点", "the region has signed this removal already"},
	CodeNodeQuorum:  {statusConflict, "移除后有节点的地区不足半数以上，账本将无法写入", "fewer than a majority of the regions would have a node, and nothing could be committed any more"},
	CodeLastNode:    {statusConflict, "本地区只有这一个节点；请先加入新节点", "it is the region's only node; add the new one first"},

	CodeLawVoted: {statusConflict, "本地区已同意该提案", "the region has approved already"},
	CodeLawVotes: {statusConflict, "尚有地区未同意", "a region has not approved yet"},
	CodeLawEarly: {statusConflict, "施行日期未到", "the time from which it may be in force has not come"},

	CodeOffer:       {statusNotFound, "没有此材料移交，或者与本地区无关", "there is no such offer, or it is not for this region"},
	CodeOfferEnded:  {statusConflict, "该材料移交已经签收、撤回或者提出异议", "the offer is no longer open: fulfilled, called off or contested"},
	CodeOfferTo:     {statusUnprocessable, "接收单位应当是其他地区已登记的单位", "the recipient has to be a registered organisation of another region"},
	CodeOfferTime:   {statusUnprocessable, "不在材料移交的有效期内，或者有效期超过一年", "not within the offer's time, or a time longer than a year"},
	CodeAccessLog:   {statusConflict, "访问日志的编号不相接，或另起日志而未说明原因", "not the node's access log, and not a later one with its reason"},
	CodeAccessShort: {statusConflict, "访问日志比账上所记的短", "the access log is shorter than the ledger says"},
	CodeAccessFork:  {statusConflict, "同一长度的访问日志树根不同", "the ledger has another root for this length of the access log"},
	CodeAccessKnown: {statusConflict, "账上已有这一访问日志头", "the ledger has this head already"},
	CodeOfferRoot:   {statusConflict, "签收的材料清单与移交的不一致", "the list that was received is not the one that was offered"},

	Code(statement.CodeTooLarge): {statusTooLarge, "声明超过长度上限", "the statement is too large"},
	Code(statement.CodeProof):    {statusUnprocessable, "新密钥未证明其持有者", "the added key did not prove possession"},
}

// formCodes are the errors of form of consensus/statement that share no
// spelling with a code of consensus/procedure: 400. The shared ones
// (unknown_field, missing_field) are 422 in both.
var formCodes = func() map[Code]struct{} {
	set := make(map[Code]struct{})
	for _, c := range [...]statement.Code{
		statement.CodeTooDeep, statement.CodeDuplicate, statement.CodeUTF8, statement.CodeSyntax, statement.CodeWrongType,
		statement.CodeTrailing, statement.CodeSegments, statement.CodeBase64, statement.CodeTooMany, statement.CodeName,
		statement.CodeNumber, statement.CodeCharacter, statement.CodeType, statement.CodeAlg, statement.CodeForm,
		statement.CodeRegion, statement.CodeSignature, statement.CodeOverlap,
	} {
		set[Code(c)] = struct{}{}
	}
	return set
}()

// malformed turns an error of form into a refusal. The offset is left out: it
// is about bytes that the reader of the answer does not have.
func malformed(err error) *Refusal {
	var e *statement.Error
	if !errors.As(err, &e) {
		return refuse(CodeUndecodable)
	}
	r := refuse(Code(e.Code))
	if r.ZH == "" {
		r.ZH, r.EN = "声明格式不合规定", "the statement is malformed"
	}
	if e.Field != "" {
		r.Params = map[string]string{"field": e.Field}
	}
	return r
}
