/** The server's sentences are English; for the Chinese pages the usual ones are translated here. */
import { session } from "./session.js";

const WORDS = {
  image: "图片", video: "视频", "reference image": "参考图片", "driving video": "驱动视频", file: "文件",
  "an image": "图片", "a video": "视频", "an audio": "音频",
  left: "左", right: "右", "left and right": "左右两", "no legs": "没有腿", "only head and shoulders": "只有头肩部",
};

/** Pattern and Chinese; `$1` is a part as it is, `@1` one that is translated in turn. */
const SENTENCES = [
  // how the two inputs fit together
  [/^The reference image \((.+?)\) and the driving video \((.+?)\) have different aspect ratios: .+$/, "参考图片（$1）与驱动视频（$2）的画面比例不同：比例一致时效果最好。"],
  [/^The driving video shows only head and shoulders: .+$/, "驱动视频只拍到头和肩：角色的四肢将保持不动。"],
  [/^The driving video shows a whole person but the reference image shows (.+?): .+$/, "驱动视频拍到全身，而参考图片@1：想要完整的表演，请使用角色的全身图片。"],
  [/^No pose could be read in the reference image: .+$/, "无法从参考图片中识别姿势：角色将整体移动。"],
  [/^No body was found in the reference image: .+$/, "没有在参考图片中找到身体：只有头部会表演。"],
  [/^The (left|right|left and right) arm of the character is not in the picture: .+$/, "角色的@1臂不在图片中，因此无法活动。"],
  [/^The driving video is longer than (\d+) s: .+$/, "驱动视频超过 $1 秒：只使用前 $1 秒。"],
  [/^The puppet engine cannot read a prompt: .+$/, "Puppet 引擎不读取提示词，已忽略。"],
  [/^The performer's face is not visible in (\d+) of (\d+) frames: .+$/, "$2 帧中有 $1 帧看不到表演者的脸：这些地方的表情可能不对。"],
  [/^The performer's face is never visible: the head .+$/, "始终看不到表演者的脸：将改用头部。"],
  [/^The performer's face is never visible: .+$/, "始终看不到表演者的脸：角色将没有表情。"],
  [/^The performer was not found in (\d+) of (\d+) frames: .+$/, "$2 帧中有 $1 帧没有找到表演者：这些地方保持驱动视频原样。"],
  // who and what is to be seen
  [/^No person was found in the driving video: .+$/, "没有在驱动视频中找到人物：请使用一段清晰拍到单人的视频，至少要拍到头和肩。"],
  [/^Neither a body nor a face was found in the reference picture; .+$/, "没有在参考图片中找到身体或面部：请使用一张角色正面的图片。"],
  [/^No subject stands out from the background of the reference picture; .+$/, "参考图片中的主体与背景难以区分：请使用角色清晰或背景透明的图片。"],
  [/^No subject could be separated in the reference image: .+$/, "无法从参考图片中分离出主体：请使用角色与背景区别明显的图片。"],
  // files; their cards show which one is meant
  [/^The image .*needs more memory than there is; .+$/, "图片太大，内存不足：请先缩小。"],
  [/^The image .*is damaged and cannot be decoded; .+$/, "图片已损坏，无法读取：请换一份。"],
  [/^The file .*is not a readable image; .+$/, "该文件不是可读取的图片：请使用 PNG、JPEG、WebP、BMP、TIFF 或 GIF。"],
  [/^The image .*has more than (\d+) megapixels; .+$/, "图片超过 $1 百万像素：请先缩小。"],
  [/^The image .*is only (\d+x\d+); both sides need (\d+) pixels or more\.$/, "图片只有 $1：长和宽都至少要 $2 像素。"],
  [/^The file .*is a still image; .+$/, "这是静态图片：驱动视频必须是视频。"],
  [/^The video .*has fewer than 2 frames; .+$/, "视频不到 2 帧：请换一段更长的。"],
  [/^The video .*is (\d+x\d+); .+$/, "视频的尺寸为 $1：请缩小到 8K 或以下。"],
  [/^The video has too many frames a second; .+$/, "视频的帧率过高：请以 60 帧/秒或更低的帧率导出。"],
  [/^The video .*cannot be decoded; .+$/, "视频无法解码，可能已损坏：请换一份。"],
  [/^The (?:video|file) .*is empty .+$/, "文件是空的：请检查它是怎样生成的。"],
  [/^The file .*is not a (?:readable )?video.+$/, "该文件不是可读取的视频：请使用 MP4、MOV、MKV 或 WebM 等视频。"],
  [/^The file .*has no video stream; .+$/, "文件中没有视频画面：请换一个文件。"],
  [/^The video in .*uses a codec that cannot be decoded; .+$/, "视频的编码无法读取：请用 H.264 等编码导出。"],
  [/^The file is of no known kind; .+$/, "无法识别该文件：请使用常见格式的图片或视频。"],
  [/^The file is larger than (\d+) MiB, .+$/, "文件超过 $1 MiB，这是本服务器的上限。"],
  [/^The file could not be read.+$/, "无法读取该文件：请换一份。"],
  [/^The file needs more memory than the server gives it: .+$/, "文件太大，服务器内存不足：请先缩小。"],
  [/^This upload is not here, or no longer: .+$/, "该文件已不在服务器上：请重新上传。"],
  // web addresses
  [/^The (file|image|video|reference image|driving video) (?:URL|at) (.+?) could not be read: (.+)\.$/, "无法从 $2 获取@1：@3。"],
  [/^The (?:file|image|video|reference image|driving video) at (.+?) is larger than (.+?); .+$/, "$1 处的文件超过 $2：请换一个更小的。"],
  [/^The address is not a valid one: .+$/, "网址无效：请使用以 http:// 或 https:// 开头的网址。"],
  [/^its address is private: .+$/, "这是内网地址，需由管理员通过 MOTIONCAST_ALLOW_HOSTS 放行"],
  [/^its host answered status (\d+).*$/, "对方服务器返回状态 $1，请检查链接是否有效"],
  [/^its host refuses more requests for now$/, "对方服务器暂时拒绝更多请求"],
  [/^its host did not answer within (.+)$/, "对方服务器没有在 $1 内回应"],
  [/^it took longer than (.+)$/, "用时超过 $1"],
  [/^its host cannot be reached$/, "无法连接对方服务器"],
  [/^its host broke off .+$/, "对方服务器中途断开"],
  [/^its host name is unknown$/, "找不到该主机名"],
  [/^it is not a valid URL$/, "网址无效"],
  // requests
  [/^field "url" must be an address that begins .+$/, "网址必须以 http:// 或 https:// 开头。"],
  [/^field "(\w+)":? must be (.+), but the file given is (.+)$/, "@1：需要@2，而给出的文件是@3。"],
  [/^field "(\w+)":? cannot be read: (.+)$/, "@1无法读取：@2"],
  [/^The (image|video) is no longer on this server: .+$/, "@1已不在服务器上：请重新添加。"],
  [/^field "(\w+)":? is not a valid address$/, "@1的网址无效。"],
  [/^The balance of (.+?) does not cover (.+?), .+$/, "余额 $1 不足以支付本次任务的价格 $2。"],
  [/^The balance does not cover (.+?), .+$/, "余额不足以支付本次任务的价格 $1。"],
  [/^This key has submitted (\d+) jobs within a minute: wait (\d+) s\.$/, "此密钥在一分钟内提交了 $1 次请求：请等待 $2 秒。"],
  [/^The API key is not known or was revoked.*$/, "API 密钥不存在或已被撤销。"],
  [/^The server does not answer: .+$/, "服务器没有回应：请确认它正在运行，然后重试。"],
  [/^The server cannot take this request now; .+$/, "服务器暂时无法处理此请求，请稍后重试。"],
  [/^The server failed; .+$/, "服务器出错，管理员可在日志中查看详情。"],
  [/^The server's disk is full: .+$/, "服务器磁盘已满，需由管理员清理。"],
  // how jobs end
  [/^Cancelled by its owner\.$/, "已被取消。"],
  [/^The job took longer than (\d+) s, .+$/, "任务用时超过 $1 秒，这是本服务器的上限。"],
  [/^The job needs more memory than this server gives it: .+$/, "任务所需内存超过服务器所能提供的：请使用更小的图片或视频。"],
  [/^The job (?:failed unexpectedly|could not be finished); .+$/, "任务意外失败，管理员可在日志中查看详情。"],
  [/^The worker died (\d+) times .+$/, "处理此任务的进程中断了 $1 次：输入可能过大。"],
  [/^The (image|video) URL leads to something that is not .+$/, "@1的网址指向的内容不是@1。"],
  [/^The image or the video looks explicit, .+$/, "图片或视频似乎含有露骨内容，本服务器不接受。"],
  [/^The result looks explicit, .+$/, "结果似乎含有露骨内容，本服务器不提供。"],
  [/^Prediction not found$/, "没有这个任务。"],
  [/^The prediction was deleted\.$/, "任务已被删除。"],
];

/** What is said about requests, said to somebody who has picked a file. */
const PLAIN = [
  [/^field "\w+" cannot be used\. /, ""],
  [/^field "(\w+)" is an address of this server, but of no file that is here: .*$/, "The $1 is no longer on this server: add it again."],
  [/ [0-9a-f]{32}(\.\w+)?\b/g, ""], // the server's own name for a file
];

/** A sentence of the server in the reader's language; one that is not known in Chinese stays as it is. */
export function inLanguage(sentence) {
  const readable = PLAIN.reduce((words, [pattern, plain]) => words.replace(pattern, plain), sentence);
  return session().language === "zh" ? inChinese(readable) : readable;
}

function inChinese(sentence) {
  if (sentence in WORDS) return WORDS[sentence];
  for (const [pattern, chinese] of SENTENCES) {
    const found = pattern.exec(sentence);
    if (found) return chinese.replace(/([$@])(\d)/g, (_, mark, place) => (mark === "$" ? found[place] : inChinese(found[place])));
  }
  return sentence;
}
