package problem

import "net/http"

// Codes of the doors. The ledger has its own (consensus/ledger), which pass
// through unchanged. What to do about each stands in api/console/src/api/words.ts.
const (
	Internal     = "internal"
	Unavailable  = "unavailable"
	NoQuorum     = "no_quorum"
	Overloaded   = "overloaded"
	LedgerStale  = "ledger_stale"
	NotReady     = "not_ready"
	Returning    = "submitting_again"
	Unauthorized = "unauthorized"
	Forbidden    = "forbidden"
	ForeignBody  = "foreign_region"
	RoleMissing  = "role_not_held"
	RoleNeeded   = "role_needed"
	NotFound     = "not_found"

	BadRequest        = "bad_request"
	BadHost           = "host_not_allowed"
	MethodNotAllowed  = "method_not_allowed"
	Timeout           = "request_timeout"
	LengthRequired    = "length_required"
	BodyTooLarge      = "body_too_large"
	URITooLong        = "uri_too_long"
	HeadersTooLarge   = "headers_too_large"
	MediaType         = "unsupported_media_type"
	ContentEncoding   = "unsupported_encoding"
	ExpectationFailed = "expectation_failed"
	TooMany           = "too_many_requests"
	TooManyListeners  = "too_many_subscribers"

	MalformedBody    = "malformed_body"
	ValidationFailed = "validation_failed"
	Missing          = "missing"
	WrongType        = "wrong_type"
	OutOfRange       = "out_of_range"
	TooLong          = "too_long"
	NotOneOf         = "not_one_of"
	BadFormat        = "bad_format"
	UnknownParameter = "unknown_parameter"
	RepeatedParam    = "repeated_parameter"
	UnknownField     = "unknown_field"
	UnknownProcedure = "unknown_procedure"
	BadCursor        = "bad_cursor"
	BadText          = "bad_text"
	OneOfThese       = "one_of_these"

	KeyRequired      = "idempotency_key_required"
	KeyMalformed     = "idempotency_key_malformed"
	KeyReused        = "idempotency_key_reused"
	KeyDiffers       = "idempotency_key_differs"
	MatchRequired    = "precondition_required"
	MatchFailed      = "precondition_failed"
	MatchMalformed   = "etag_malformed"
	StatementInvalid = "statement_invalid"
	WrongNetwork     = "wrong_network"

	MaterialMissing = "material_missing"
	DigestMismatch  = "digest_mismatch"
	MaterialKept    = "material_kept"
	MaterialOffered = "material_offered"
	EmptyMaterial   = "empty_material"
	VaultFull       = "vault_full"
	NoCheckpoint    = "no_checkpoint"
	NoReceipt       = "no_receipt"
	ClockBack       = "clock_backwards"

	DrawTextBad     = "draw_text_invalid"
	DrawTextMissing = "draw_text_missing"
	DrawTextDiffers = "draw_text_differs"
	ReportTooLarge  = "report_too_large"

	SheetUnreadable = "sheet_unreadable"
	SheetTooLarge   = "sheet_too_large"
	SheetHeader     = "sheet_header"
	SheetEmpty      = "sheet_empty"
	SheetHasErrors  = "sheet_has_errors"
	CellInvalid     = "cell_invalid"
	RowRepeated     = "row_repeated"
	RowDiffers      = "row_differs"

	NotReleased = "not_released"
	PeerSilent  = "peer_silent"

	AccessUnlogged = "access_log_unavailable"
	AccessOpen     = "access_log_open"

	SessionEnded = "session_ended"
	LinkInvalid  = "link_invalid"

	SignInInvalid  = "sign_in_invalid"
	SignInWait     = "sign_in_wait"
	RolesExclude   = "roles_exclude"
	PasswordChange = "password_change_needed"
	PasswordRefuse = "password_refused"
	AccountRefused = "account_refused"
	AccountOwn     = "account_own"
	ActsUnlogged   = "administrators_log_unavailable"
)

type entry struct {
	status int
	zh, en string
}

// table maps every code of the doors to its status and texts. {name} is a
// place for a param.
var table = map[string]entry{
	Internal:     {http.StatusInternalServerError, "系统内部错误，已记录", "something went wrong inside; it has been recorded"},
	Unavailable:  {http.StatusServiceUnavailable, "服务暂时不可用，请稍后重试", "the service is not available now; try again later"},
	NoQuorum:     {http.StatusServiceUnavailable, "当前无法与多数地区达成一致，本次请求未写入；请稍后重试", "a majority of regions cannot be reached, so this request wrote nothing; try again later"},
	Overloaded:   {http.StatusServiceUnavailable, "节点繁忙，未写入；请稍后重试", "the node is busy, so nothing was written; try again later"},
	LedgerStale:  {http.StatusServiceUnavailable, "本节点账本数据过旧，暂不能应答", "this node's copy of the ledger is too old to answer"},
	Returning:    {http.StatusServiceUnavailable, "账本已回退，此前作废的条目正在依次重新提交，完成前不接受新的办理，请稍后重试", "the ledger was returned, and what was given up is being submitted again first; nothing new is taken until then: try again shortly"},
	NotReady:     {http.StatusServiceUnavailable, "节点尚未就绪，请稍后重试", "the node is not ready yet; try again later"},
	Unauthorized: {http.StatusUnauthorized, "未通过身份验证：没有令牌，或者令牌已失效、不用于本节点", "not signed in: no token, or one that has expired or is not for this node"},
	Forbidden:    {http.StatusForbidden, "无权执行此操作", "not allowed"},
	ForeignBody:  {http.StatusForbidden, "只能代表本地区办理", "you can only act for your own region"},
	RoleMissing:  {http.StatusForbidden, "您不具有所声明的岗位角色", "you do not hold the role you want to act in"},
	RoleNeeded:   {http.StatusUnprocessableEntity, "您有多个岗位角色，请指明以哪个角色办理", "you hold several roles; say which one you act in"},
	NotFound:     {http.StatusNotFound, "未找到：没有这一项，或者您无权查看", "not found: there is none, or it is not for you to see"},

	BadRequest:        {http.StatusBadRequest, "请求不符合 HTTP 规范", "the request is not well-formed HTTP"},
	BadHost:           {http.StatusMisdirectedRequest, "请求的主机名不属于本节点", "this node does not answer for that host name"},
	MethodNotAllowed:  {http.StatusMethodNotAllowed, "不支持该请求方法", "this method is not supported here"},
	Timeout:           {http.StatusRequestTimeout, "请求发送过慢", "the request arrived too slowly"},
	LengthRequired:    {http.StatusLengthRequired, "须给出 Content-Length，不接受分块传输编码", "Content-Length is required; transfer codings are not accepted"},
	BodyTooLarge:      {http.StatusRequestEntityTooLarge, "请求正文超过上限 {limit} 字节", "the body is larger than {limit} bytes"},
	URITooLong:        {http.StatusRequestURITooLong, "请求地址过长", "the request target is too long"},
	HeadersTooLarge:   {http.StatusRequestHeaderFieldsTooLarge, "请求头过大", "the request headers are too large"},
	MediaType:         {http.StatusUnsupportedMediaType, "不支持该内容类型，应为 {want}", "the content type must be {want}"},
	ContentEncoding:   {http.StatusUnsupportedMediaType, "不接受压缩的请求正文", "compressed request bodies are not accepted"},
	ExpectationFailed: {http.StatusExpectationFailed, "不支持该 Expect 请求头", "this Expect header is not supported"},
	TooMany:           {http.StatusTooManyRequests, "请求过多，请稍后重试", "too many requests; try again later"},
	TooManyListeners:  {http.StatusTooManyRequests, "订阅数已达上限，请稍后重试", "too many subscribers; try again later"},

	MalformedBody:    {http.StatusBadRequest, "请求正文不是有效的 JSON 对象（{reason}）", "the body is not one valid JSON object ({reason})"},
	ValidationFailed: {http.StatusUnprocessableEntity, "部分内容有误，请更正后重试", "some fields are wrong; correct them and try again"},
	Missing:          {http.StatusUnprocessableEntity, "必填", "required"},
	WrongType:        {http.StatusUnprocessableEntity, "类型不符", "wrong type"},
	OutOfRange:       {http.StatusUnprocessableEntity, "超出允许范围", "out of range"},
	TooLong:          {http.StatusUnprocessableEntity, "过长", "too long"},
	NotOneOf:         {http.StatusUnprocessableEntity, "不是允许的取值", "not one of the allowed values"},
	BadFormat:        {http.StatusUnprocessableEntity, "格式不正确", "wrong format"},
	UnknownParameter: {http.StatusUnprocessableEntity, "未知的查询参数", "unknown query parameter"},
	RepeatedParam:    {http.StatusUnprocessableEntity, "查询参数重复", "query parameter given twice"},
	UnknownField:     {http.StatusUnprocessableEntity, "未知的字段", "unknown field"},
	UnknownProcedure: {http.StatusUnprocessableEntity, "没有这种办理事项", "there is no such procedure"},
	BadCursor:        {http.StatusUnprocessableEntity, "翻页标记无效或已不适用于本次查询", "the cursor is not valid for this query"},
	OneOfThese:       {http.StatusUnprocessableEntity, "只能给出其中之一", "only one of these may be given"},
	BadText:          {http.StatusUnprocessableEntity, "含有不允许的字符", "contains characters that are not allowed"},

	KeyRequired:      {http.StatusBadRequest, "须给出 Idempotency-Key 请求头（一个 ULID）", "the header Idempotency-Key is required (a ULID)"},
	KeyMalformed:     {http.StatusUnprocessableEntity, "Idempotency-Key 不是有效的 ULID", "Idempotency-Key is not a valid ULID"},
	KeyReused:        {http.StatusUnprocessableEntity, "该 Idempotency-Key 已用于另一项请求", "this Idempotency-Key was used for another request"},
	KeyDiffers:       {http.StatusUnprocessableEntity, "Idempotency-Key 与声明文书编号不一致", "Idempotency-Key differs from the statement's id"},
	MatchRequired:    {http.StatusPreconditionRequired, "须给出 If-Match 请求头（所依据的记录版本）", "the header If-Match is required (the version of the record you decided on)"},
	MatchFailed:      {http.StatusPreconditionFailed, "该记录已有新的办理，请刷新后重试", "the record has moved on; reload it and decide again"},
	MatchMalformed:   {http.StatusUnprocessableEntity, "If-Match 应为本接口给出的一个强 ETag", "If-Match has to be one strong ETag given by this API"},
	StatementInvalid: {http.StatusUnprocessableEntity, "声明文书无效（{reason}）", "the statement is not valid ({reason})"},
	WrongNetwork:     {http.StatusUnprocessableEntity, "声明文书属于另一网络", "the statement belongs to another network"},

	MaterialMissing: {http.StatusUnprocessableEntity, "材料不在本单位保管库中", "the material is not in this bureau's vault"},
	MaterialKept:    {http.StatusConflict, "材料的保管期限或者保全措施不允许此操作", "the time or a legal hold under which the file is kept forbids it, or there is no such hold"},
	MaterialOffered: {http.StatusConflict, "材料正在提供给 {to}（提供编号 {offer}，{until} 前有效），对方接收、本局撤回或者到期之后才能销毁", "the file is offered to {to} (offer {offer}) until {until}; it can be purged once that was fetched, withdrawn or has expired"},
	DigestMismatch:  {http.StatusUnprocessableEntity, "内容与声明的摘要不符", "the content differs from the declared digest"},
	EmptyMaterial:   {http.StatusUnprocessableEntity, "材料为空", "the material is empty"},
	ClockBack:       {http.StatusConflict, "演练时钟不能倒退", "the scenario clock does not go back"},
	NoCheckpoint:    {http.StatusServiceUnavailable, "尚无最终检查点，请稍后重试", "there is no final checkpoint yet; try again later"},
	NoReceipt:       {http.StatusConflict, "该声明被拒绝，未入账，没有收据", "the statement was refused and stands on no ledger, so it has no receipt"},
	ReportTooLarge:  {http.StatusUnprocessableEntity, "报表要读取的数据超出上限，请缩短期间或者指定地区", "the report reads more than one report may; ask for a shorter period or one region"},
	DrawTextBad:     {http.StatusUnprocessableEntity, "不是抽取名录或者抽取规则（{reason}）", "neither the pool nor the rule of a draw ({reason})"},
	DrawTextMissing: {http.StatusUnprocessableEntity, "本节点没有该抽取的名录或者规则，请先提交（sandi draw freeze 会一并提交）", "this node keeps no such pool or rule; bring them in first (sandi draw freeze does it)"},
	DrawTextDiffers: {http.StatusUnprocessableEntity, "所填内容与名录、规则不一致（{reason}），其他地区将不会提交贡献", "what is stated differs from pool and rule ({reason}); no region would contribute"},
	VaultFull:       {http.StatusInsufficientStorage, "保管库空间不足", "the vault has no space left"},

	SheetUnreadable: {http.StatusUnprocessableEntity, "无法读取：应为 xlsx 工作簿，或者 UTF-8、GB18030 编码的 CSV", "cannot be read: a workbook (xlsx) or CSV in UTF-8 or GB18030 is wanted"},
	SheetTooLarge:   {http.StatusUnprocessableEntity, "表格超出上限（8 MiB、5000 行、200 列）", "the sheet is larger than 8 MiB, 5,000 rows or 200 columns"},
	SheetHeader:     {http.StatusUnprocessableEntity, "表头与模板不一致：{reason}", "the header row is not the template's: {reason}"},
	SheetEmpty:      {http.StatusUnprocessableEntity, "表中没有数据行", "the sheet has no rows"},
	SheetHasErrors:  {http.StatusUnprocessableEntity, "有 {bad} 行有误，未办理任何一行；请先预览并更正，或者声明只办理无误的行", "{bad} rows are wrong, so no row was imported; preview and mend them, or ask for the good rows only"},
	CellInvalid:     {http.StatusUnprocessableEntity, "内容不符", "not a value of this column"},
	RowRepeated:     {http.StatusUnprocessableEntity, "与第 {row} 行重复", "the same as row {row}"},
	RowDiffers:      {http.StatusUnprocessableEntity, "该行已导入为 {record}，但内容或者经办人已不同；请在该记录上变更", "this row was imported as {record} with other content or by somebody else; change that record instead"},

	NotReleased: {http.StatusForbidden, "依程序规定，您的岗位或者本地区尚不能查看这些内容", "the law does not open these values to your role or region, or not yet"},
	PeerSilent:  {http.StatusServiceUnavailable, "所在地节点没有应答，请稍后重试", "no node at home answers; try again later"},

	AccessUnlogged: {http.StatusServiceUnavailable, "访问日志当前无法写入，任何人均不能查看私有材料；请联系本局节点管理员", "the access log cannot be written, so nobody is given private data; tell the bureau's node operator"},
	AccessOpen:     {http.StatusConflict, "访问日志可以写入，不得另起日志", "the access log takes entries; none may begin beside it"},

	SessionEnded:   {http.StatusUnauthorized, "登录已失效，请重新登录", "your session has ended; sign in again"},
	SignInInvalid:  {http.StatusUnauthorized, "用户名或者口令不正确，或者该账号当前不能登录", "the name or the password is wrong, or the account does not let in"},
	SignInWait:     {http.StatusTooManyRequests, "多次输入有误，请 {wait} 后再试；或者请安全管理员解除锁定", "wrong too often: try again in {wait}, or ask the security administrator to lift the lockout"},
	RolesExclude:   {http.StatusForbidden, "系统、安全、审计三类管理员互斥，且不得兼任其他岗位；请安全管理员核对您的角色", "the three administrators' roles exclude one another and every office; ask the security administrator to look at your roles"},
	PasswordChange: {http.StatusForbidden, "请先修改初始口令", "choose a password of your own first"},
	PasswordRefuse: {http.StatusUnprocessableEntity, "新口令不可用（{reason}）", "the new password is not taken ({reason})"},
	AccountRefused: {http.StatusUnprocessableEntity, "账号设置不可用（{reason}）", "the account cannot be made or changed so ({reason})"},
	AccountOwn:     {http.StatusConflict, "不能对自己的账号执行此操作，请另一位安全管理员办理", "nobody does this to their own account; another security administrator has to"},
	ActsUnlogged:   {http.StatusServiceUnavailable, "管理员日志当前无法写入，操作未执行；请联系系统管理员", "the administrators' log cannot be written, so nothing was done; tell the system administrator"},

	LinkInvalid: {http.StatusUnauthorized, "登录链接已使用、已过期或者无效，请索取新的链接", "the sign-in link was used, has expired or is not valid; ask for a new one"},
}

// Status is the HTTP status of a code of the doors, or 0.
func Status(code string) int { return table[code].status }

// Codes lists the codes of the doors, sorted; the API description prints them.
func Codes() []string {
	m := make(map[string]string, len(table))
	for code := range table {
		m[code] = ""
	}
	return sortedNames(m)
}
