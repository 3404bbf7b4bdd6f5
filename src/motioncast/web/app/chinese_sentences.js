/** The server's sentences in Chinese. tests/unit/test_server_sentences.py holds them to what the server really says. */

const WORDS = {
  image: "图片", video: "视频", audio: "音频", file: "文件", "an image": "图片", "a video": "视频", "an audio": "音频",
  left: "左", right: "右", "left and right": "左右两", "no legs": "没有腿", "only head and shoulders": "只有头肩部",
  // fields of a request
  body: "请求体", mode: "模式", prompt: "提示词", resolution: "分辨率", seed: "种子", engine: "引擎", url: "网址",
  webhook: "回调地址", webhook_url: "回调地址",
  // what a system says
  "no space left on device": "磁盘空间不足", "read-only file system": "文件系统只读", "permission denied": "没有权限",
  "disk quota exceeded": "超出磁盘配额", "there is no space left on the disk": "磁盘空间不足",
  "the folder for it cannot be written to": "目标文件夹无法写入",
  "its disk is full: the operator has to make room": "磁盘已满，需由管理员清理", "its database does not answer": "数据库没有回应",
};

/** How well the two inputs fit together, and what is to be seen in them. */
const CONTENT = [
  [/^The reference image \((.+?)\) and the driving video \((.+?)\) have different aspect ratios: .+$/, "参考图片（$1）与驱动视频（$2）的画面比例不同：比例一致时效果最好。"],
  [/^The driving video shows only head and shoulders: .+$/, "驱动视频只拍到头和肩：角色的四肢将保持不动。"],
  [/^The driving video shows a whole person but the reference image shows (.+?): .+$/, "驱动视频拍到全身，而参考图片@1：想要完整的表演，请使用角色的全身图片。"],
  [/^No pose could be read in the reference image: .+$/, "无法从参考图片中识别姿势：角色将整体移动。"],
  [/^No body was found in the reference image: only the head performs\.$/, "没有在参考图片中找到身体：只有头部会表演。"],
  [/^No body was found in the reference image: the performer's own proportions .+$/, "没有在参考图片中找到身体：将沿用表演者的身材比例，角色的位置可能不准。"],
  [/^The (left|right|left and right) arm of the character is not in the picture: .+$/, "角色的@1臂不在图片中，因此无法活动。"],
  [/^The arms of the character are folded in the picture: .+$/, "图片中的角色双臂交叠，因此手臂保持不动。"],
  [/^The driving video is longer than (\d+) s: .+$/, "驱动视频超过 $1 秒：只使用前 $1 秒。"],
  [/^The puppet engine cannot read a prompt: .+$/, "Puppet 引擎不读取提示词，已忽略。"],
  [/^The puppet engine has no profiles: .+$/, "Puppet 引擎没有预设档位，已忽略。"],
  [/^Ignored parameters that this endpoint does not have: (.+)\.$/, "本接口没有以下参数，已忽略：$1。"],
  [/^The performer's face is not visible in (\d+) of (\d+) frames: .+$/, "$2 帧中有 $1 帧看不到表演者的脸：这些地方的表情可能不对。"],
  [/^The performer's face is never visible: the head .+$/, "始终看不到表演者的脸：将改用头部。"],
  [/^The performer's face is never visible: .+$/, "始终看不到表演者的脸：角色将没有表情。"],
  [/^The performer was not found in (\d+) of (\d+) frames: .+$/, "$2 帧中有 $1 帧没有找到表演者：这些地方保持驱动视频原样。"],
  [/^No person was found in the driving video: .+$/, "没有在驱动视频中找到人物：请使用一段清晰拍到单人的视频，至少要拍到头和肩。"],
  [/^No subject stands out from the background of the reference picture; .+$/, "参考图片中的主体与背景难以区分：请使用角色清晰或背景透明的图片。"],
  [/^No subject could be separated in the reference image: .+$/, "无法从参考图片中分离出主体：请使用角色与背景区别明显的图片。"],
];

/** Files that cannot be used; their cards show which one is meant. */
const FILES = [
  [/^The image .*needs more memory than there is; .+$/, "图片太大，内存不足：请先缩小。"],
  [/^The image .*is damaged and cannot be decoded; .+$/, "图片已损坏，无法读取：请换一份。"],
  [/^The image .*is a JPEG of more than (\d+) scans; .+$/, "图片是扫描次数超过 $1 的 JPEG：请重新保存。"],
  [/^The file .*is not a readable image; .+$/, "该文件不是可读取的图片：请使用 PNG、JPEG、WebP、BMP、TIFF 或 GIF。"],
  [/^The image .*has more than (\d+) megapixels; .+$/, "图片超过 $1 百万像素：请先缩小。"],
  [/^The image .*is only (.+?); both sides need (.+?) pixels or more\.$/, "图片只有 $1：长和宽都至少要 $2 像素。"],
  [/^The file .*is a still image; .+$/, "这是静态图片：驱动视频必须是视频。"],
  [/^The video .*has fewer than 2 frames; .+$/, "视频不到 2 帧：请换一段更长的。"],
  [/^The video .*is (\d+x\d+); .+$/, "视频的尺寸为 $1：请缩小到 8K 或以下。"],
  [/^The video has too many frames a second; .+$/, "视频的帧率过高：请以 60 帧/秒或更低的帧率导出。"],
  [/^The video .*needs more memory than there is; .+$/, "视频太大，内存不足：请换一份。"],
  [/^The video .*cannot be decoded; .+$/, "视频无法解码，可能已损坏：请换一份。"],
  [/^The video .*cannot be read: .+$/, "无法读取视频：请换一份。"],
  [/^The (image|video|file) at its URL is empty .+$/, "网址处的@1是空的：请检查它是怎样生成的。"],
  [/^The (?:video|file|image) .*is empty .+$/, "文件是空的：请检查它是怎样生成的。"],
  [/^The file .*is not a (?:readable )?video.+$/, "该文件不是可读取的视频：请使用 MP4、MOV、MKV 或 WebM 等视频。"],
  [/^The file .*has no video stream; .+$/, "文件中没有视频画面：请换一个文件。"],
  [/^The video in .*uses a codec that cannot be decoded; .+$/, "视频的编码无法读取：请用 H.264 等编码导出。"],
  [/^The file is of no known kind; .+$/, "无法识别该文件：请使用常见格式的图片或视频。"],
  [/^The file is larger than (\d+) MiB, .+$/, "文件超过 $1 MiB，这是本服务器的上限。"],
  [/^The file could not be read.+$/, "无法读取该文件：请换一份。"],
  [/^The file needs more memory than the server gives it: .+$/, "文件太大，服务器内存不足：请先缩小。"],
  [/^The (image|video) is no longer on this server: .+$/, "@1已不在服务器上：请重新添加。"],
  [/^This upload is not here, or no longer: .+$/, "该文件已不在服务器上：请重新上传。"],
  [/^This file is not here, or no longer\.$/, "该文件已不在服务器上。"],
  [/^Only files of this server can be looked at: .+$/, "只能查看本服务器上的文件：请先上传，或让服务器获取该网址。"],
  [/^Send one file as the field .+$/, "请一次上传一个文件。"],
  [/^There is no such output\.$/, "没有这段视频：请检查链接是否完整。"],
  [/^This link has expired; .+$/, "链接已过期，视频已不再保留。"],
  [/^This output was deleted\.$/, "视频已被删除。"],
];

/** Web addresses, and why they cannot be read. */
const ADDRESSES = [
  [/^The (image|video|file) URL could not be read: (.+)\.$/, "无法从网址获取@1：@2。"],
  [/^The (image|video|file) at its URL is larger than (.+?); .+$/, "网址处的@1超过 $2：请换一个更小的。"],
  [/^The (image|video) URL leads to something that is not .+$/, "@1的网址指向的内容不是@1。"],
  [/^The (image|video|file) could not be stored: (.+)\.$/, "服务器无法保存@1：@2。"],
  [/^The address is not a valid one: .+$/, "网址无效：请使用以 http:// 或 https:// 开头的网址。"],
  [/^its address is private: .+$/, "这是内网地址，需由管理员通过 MOTIONCAST_ALLOW_HOSTS 放行"],
  [/^its host answered status (\d+); .+$/, "对方服务器返回状态 $1，请检查链接是否仍然有效，或重新上传文件"],
  [/^its host answered status (\d+)$/, "对方服务器返回状态 $1"],
  [/^its host refuses more requests for now$/, "对方服务器暂时拒绝更多请求"],
  [/^its host did not answer within (.+)$/, "对方服务器没有在@1内回应"],
  [/^it took longer than (.+)$/, "用时超过@1"],
  [/^([\d.]+) s$/, " $1 秒"],
  [/^([\d.]+) minutes$/, " $1 分钟"],
  [/^its host cannot be reached$/, "无法连接对方服务器"],
  [/^its host refused to answer$/, "对方服务器拒绝连接"],
  [/^its host broke off before the end, or is no web server$/, "对方服务器中途断开，或不是网页服务器"],
  [/^its host broke off before the end$/, "对方服务器中途断开"],
  [/^its host sent damaged data$/, "对方服务器发来的数据已损坏"],
  [/^its host name is unknown$/, "找不到该主机名"],
  [/^its host name is not a valid one$/, "主机名无效"],
  [/^its host name cannot be looked up at the moment$/, "暂时无法解析该主机名"],
  [/^its port number is not a valid one$/, "端口号无效"],
  [/^it redirects more than (\d+) times$/, "重定向超过 $1 次"],
  [/^it leads to something that is not an http\(s\) URL$/, "它指向的不是 http(s) 网址"],
  [/^it is not a valid URL$/, "网址无效"],
];

/** Requests that are refused. */
const REQUESTS = [
  [/^field "url" must be an address that begins .+$/, "网址必须以 http:// 或 https:// 开头。"],
  [/^field "(\w+)":? must be an? \w+, but the file given is (.+)$/, "@1：给出的文件是@2。"],
  [/^field "(\w+)":? cannot be (?:read|used): (.+)$/, "@1无法读取：@2。"],
  [/^field "(\w+)":? is not a valid address$/, "@1的网址无效。"],
  [/^field "(\w+)":? is an address of more than (\d+) characters$/, "@1的网址超过 $2 个字符。"],
  [/^field "(\w+)":? (?:is a data URI without base64|must be an http\(s\) URL, a data URI or base64).*$/, "@1必须是网址、上传的文件或 base64 数据。"],
  [/^field "(\w+)":? holds (?:data of no known kind|base64 data that is damaged).*$/, "@1的数据无法识别或已损坏。"],
  [/^field "(\w+)":? is required: .+$/, "缺少@1。"],
  [/^field "(\w+)":? names a local file: .+$/, "@1是本地文件名：请先上传。"],
  [/^field "engine":? must be one of (.+?): this server runs no others$/, "本服务器只提供以下引擎：$1。"],
  [/^field "(\w+)":? must be one of (.+)$/, "@1必须是以下之一：$2。"],
  [/^field "(\w+)":? must be a whole number from (-?\d+) to (\d+)$/, "@1必须是 $2 到 $3 之间的整数。"],
  [/^field "(\w+)":? must be (?:a string|true or false|a public https address|an https address)$/, "@1的值无效。"],
  [/^field "(\w+)":? (?:must|String should) have at most (\d+) characters$/, "@1最多 $2 个字符。"],
  [/^field "(\w+)":? contains characters that are not valid Unicode$/, "@1含有无效字符。"],
  [/^(?:field "body"|The body) (?:must be one JSON object|has more lists|is not valid JSON).*$/, "请求格式无效。"],
  [/^field "([\w-]+)" must be (?:a number of dollars|a time such as).*$/, "$1 的值无效。"],
  [/^field "(.+?)": .+$/, "@1的值无效。"],
  [/^The body is larger than (\d+) MiB: .+$/, "请求超过 $1 MiB：请先上传文件，再使用其网址。"],
  [/^The balance of (.+?) does not cover (.+?), .+$/, "余额 $1 不足以支付本次任务的价格 $2。"],
  [/^The balance does not cover (.+?), .+$/, "余额不足以支付本次任务的价格 $1。"],
  [/^The job costs (?:at least )?(.+?), more than the X-Max-Cost of the request\.$/, "任务价格为 $1，超过请求中 X-Max-Cost 的限额。"],
  [/^This key has (?:sent|submitted) (\d+) .+ within a minute: wait (\d+) s\.$/, "此密钥在一分钟内提交了 $1 次请求：请等待 $2 秒。"],
  [/^This Idempotency-Key was used for another request: .+$/, "此 Idempotency-Key 已用于另一个请求。"],
  [/^Send your API key as .+$/, "请先用 API 密钥登录。"],
  [/^The API key is not known or was revoked.*$/, "API 密钥不存在或已被撤销。"],
  [/^There is nothing here.*$/, "这里什么也没有。"],
  [/^This route has other methods\.$/, "服务器不支持此操作。"],
  [/^The request ended before its body was complete\.$/, "请求没有发送完整：请重试。"],
  [/^Prediction not found$/, "没有这个任务。"],
  [/^The prediction was deleted.*$/, "任务已被删除。"],
];

/** The server itself. */
const SERVER = [
  [/^The connection was lost while the video was loading\.$/, "加载视频时连接断开。"],
  [/^The server does not answer: .+$/, "服务器没有回应：请确认它正在运行，然后重试。"],
  [/^The server answered (\d+).*$/, "服务器返回了无法理解的回应（状态 $1）。"],
  [/^The server cannot take this request now; (.+)\.$/, "服务器暂时无法处理此请求：@1。"],
  [/^The server could not store data: (.+)\.$/, "服务器无法保存数据：@1。"],
  [/^The server failed; .+$/, "服务器出错，管理员可在日志中查看详情。"],
  [/^The server's disk is full: .+$/, "服务器磁盘已满，需由管理员清理。"],
  [/^A stored file of this prediction is gone\.$/, "此任务保存的文件已不存在。"],
  [/^The network weights .+ are (?:missing|damaged): .+$/, "服务器缺少模型文件或文件已损坏，需由管理员重新获取。"],
  [/^The (?:finished|stored) (?:work|tracking) .+$/, "已保存的中间结果无法使用：请重新提交任务。"],
  [/^The segments come from another encoder version; .+$/, "已保存的中间结果无法使用：请重新提交任务。"],
  [/^The (?:video|output|provenance record|signing certificate) .*(?:could not be|cannot be created|is damaged|is a directory).*$/, "服务器无法写入结果，管理员可在日志中查看详情。"],
  [/^The GPU has (.+?) GiB free and this resolution needs (.+?) GiB .+$/, "显卡可用显存 $1 GiB，此分辨率至少需要 $2 GiB：请降低分辨率。"],
  [/^The GPU ran out of memory: .+$/, "显存不足：请选择 480p。"],
  [/^The wan engine is not installed .+$/, "服务器没有安装 Wan 引擎：请选择其他引擎。"],
  [/^(?:There is no folder|The checkpoint|The model|There is no LoRA|The LoRA|MOTIONCAST_WAN_\w+=|The turbo profile needs) .+$/, "服务器的 Wan 引擎设置有误，需由管理员处理。"],
];

/** How jobs end. */
const ENDINGS = [
  [/^Cancelled by its owner\.$/, "已被取消。"],
  [/^It had not ended within the time of Cancel-After\.$/, "任务没有在 Cancel-After 规定的时间内结束。"],
  [/^The job took longer than (\d+) s, .+$/, "任务用时超过 $1 秒，这是本服务器的上限。"],
  [/^The job needs more memory than this server gives it: .+$/, "任务所需内存超过服务器所能提供的：请使用更小的图片或视频。"],
  [/^The job (?:failed unexpectedly|could not be finished); .+$/, "任务意外失败，管理员可在日志中查看详情。"],
  [/^The worker died (\d+) times .+$/, "处理此任务的进程中断了 $1 次：输入可能过大。"],
  [/^The image or the video looks explicit, .+$/, "图片或视频似乎含有露骨内容，本服务器不接受。"],
  [/^The result looks explicit, .+$/, "结果似乎含有露骨内容，本服务器不提供。"],
];

/** Pattern and Chinese; `$1` is a part as it is, `@1` one that is translated in turn. */
const SENTENCES = [...CONTENT, ...ADDRESSES, ...FILES, ...REQUESTS, ...SERVER, ...ENDINGS];

/** A sentence of the server in Chinese, or as it is where it is not known. */
export function inChinese(sentence) {
  if (Object.hasOwn(WORDS, sentence)) return WORDS[sentence];
  for (const [pattern, chinese] of SENTENCES) {
    const found = pattern.exec(sentence);
    if (found) return chinese.replace(/([$@])(\d)/g, (_, mark, place) => (mark === "$" ? found[place] : inChinese(found[place])));
  }
  return sentence;
}
