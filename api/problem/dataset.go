package problem

import (
	"maps"
	"net/http"
)

// Codes of shared data sets. Those that consensus/dataset gives are its codes.
const (
	AnswerUnproven = "answer_unproven"
	SetForeign     = "set_foreign"
	SetEnded       = "set_ended"
	SetBusy        = "set_busy"
)

func init() {
	maps.Copy(table, map[string]entry{
		AnswerUnproven: {http.StatusBadGateway, "对方节点的应答与其签名证据不符，未予提供", "the other node's answer does not match its signed evidence, so it is not given"},
		SetForeign:     {http.StatusForbidden, "该数据集由其他地区提供，不能在本节点装载", "the data set is another bureau's; its rows are not loaded here"},
		SetEnded:       {http.StatusConflict, "该数据集已撤下，不再装载", "the data set was withdrawn; nothing is loaded into it"},
		SetBusy:        {http.StatusConflict, "该数据集正在装载，请稍后重试", "another load of this data set is under way; try again later"},

		"agreement_not_yours":    {http.StatusForbidden, "没有本地区可以依据的协议", "there is no such agreement that lets this region ask"},
		"agreement_not_in_force": {http.StatusConflict, "协议未生效或者已经废止", "the agreement is not in force, or no longer"},
		"agreement_expired":      {http.StatusConflict, "协议已到期", "the agreement has expired"},
		"agreement_unusable":     {http.StatusConflict, "协议的字段或者条件与数据项不符，不能据以查询", "the agreement's fields or filter do not fit the columns, so nothing is given under it"},
		"set_not_shared":         {http.StatusConflict, "数据集已暂停共享或者撤下", "the data set is suspended or withdrawn"},
		"role_may_not_ask":       {http.StatusForbidden, "您的岗位不能依该协议查询", "your role may not ask under this agreement"},
		"purpose_not_agreed":     {http.StatusUnprocessableEntity, "须写明协议所列的使用目的", "name one of the purposes that the agreement has"},
		"field_not_agreed":       {http.StatusUnprocessableEntity, "所选字段不在协议范围内，或者重复", "a field is not agreed, or stands twice"},
		"filter_invalid":         {http.StatusUnprocessableEntity, "查询条件无效、超出计算上限，或者涉及未约定的字段", "the filter is not valid, costs too much, or looks at fields that are not agreed"},
		"page_size_invalid":      {http.StatusUnprocessableEntity, "每页 1 至 1000 行", "a page has 1 to 1000 rows"},
		"set_reloaded":           {http.StatusConflict, "数据已重新装载，请从第一页重新查询", "the rows were loaded anew; begin again with the first page"},
		"set_not_loaded":         {http.StatusConflict, "提供方尚未装载数据", "the publisher has no rows loaded"},
	})
}
