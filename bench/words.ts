/**
 * Everyday English words, common ones first: so much of a language that a model of it tells texts apart. No two of
 * them, nor any two pairs, are the same to the stemmer.
 */
export const WORDS = `
time people year way day thing man world life hand part child eye woman place work week case point company number
group problem fact house service friend father power hour game line end member law car city community name president
team minute idea body information back parent face level office door health art war history party result
morning reason research girl guy moment air teacher force education foot boy age policy music market sense plan
college interest death experience effect use class control field development role effort rate heart drug show
leader light voice wife police mind price report decision son view relationship town road arm difference value
building action season society tax director position player record paper space ground form event official matter
center couple site project activity star table court produce oil situation cost industry figure street image
phone data picture practice piece land product doctor wall patient worker news test movie north love step baby
computer type attention film tree source hair window culture chance energy period course summer plant opportunity
term letter condition choice rule south husband floor campaign material population call economy hospital church
risk fire future bank west sport board subject rest behavior performance fight top goal bed order author
blood agency nature color store sound movement page race concern series language response animal factor decade
article east artist scene stock career treatment approach size dog fund media sign thought list individual quality
pressure answer resource meeting disease success cup amount staff character growth loss degree attack region
television box trade deal election feeling standard bill message analysis benefit lawyer section glass
skill sister professor operation crime stage compare design sort knowledge gun station strategy truth song
example environment leg dark sugar salt pepper bread butter cheese apple orange lemon onion garlic tomato potato
carrot rice noodle soup kettle spoon plate oven recipe kitchen dinner breakfast coffee tea wine honey
river lake ocean beach island mountain valley forest desert meadow storm thunder lightning rain snow ice wind cloud
rainbow sunset moon planet comet galaxy telescope rocket astronaut gravity orbit horizon volcano earthquake flood
horse cow sheep goat pig chicken duck goose turkey rabbit mouse cat lion tiger elephant monkey bear wolf fox
eagle owl sparrow pigeon whale dolphin shark salmon frog snake spider bee butterfly worm
piano guitar violin drum trumpet flute orchestra melody rhythm concert dance ballet theater opera poem novel poet
painting sculpture museum gallery camera photograph portrait canvas brush pencil notebook library bookshelf
football basketball tennis baseball hockey golf swimming marathon bicycle helmet stadium referee trophy medal coach
gym yoga chess puzzle toy doll kite balloon birthday wedding funeral holiday vacation festival parade costume
passport airport airplane pilot train railway ticket luggage hotel harbor ship sailor anchor bridge tunnel highway
truck engine wheel brake gasoline garage mechanic wrench hammer nail screw ladder rope bucket shovel garden
flower rose tulip daisy grass seed harvest farmer tractor barn fence orchard vineyard wheat corn cotton silk wool
leather shirt jacket dress skirt trousers sock shoe boot hat glove scarf necklace bracelet diamond silver gold copper
iron steel bronze marble brick concrete timber plastic rubber mirror candle lamp curtain carpet pillow blanket
sofa chair desk drawer shelf basement attic roof chimney bathroom shower towel soap toothbrush dentist surgeon nurse
pharmacy vitamin fever cough allergy vaccine bandage wheelchair cancer diabetes stomach kidney liver lung bone muscle
skeleton skin finger thumb elbow shoulder knee ankle tooth tongue nose ear eyebrow beard perfume
judge jury prison sheriff detective burglar witness evidence contract mortgage insurance salary invoice budget profit
dividend auction customer cashier supermarket bakery restaurant waiter menu dessert chocolate vanilla cinnamon
mathematics algebra geometry physics chemistry biology laboratory microscope molecule atom electron proton enzyme
protein bacteria virus fungus fossil dinosaur evolution species climate temperature thermometer barometer
keyboard monitor printer software hardware database network server router password browser website algorithm
compiler firewall satellite antenna radio microphone headphone battery generator turbine reactor pipeline
queen prince princess castle knight sword shield dragon wizard witch ghost vampire treasure pirate
temple monastery cathedral bishop monk prayer angel heaven prophet miracle philosophy logic ethics
democracy parliament senator mayor ambassador treaty border refugee soldier navy submarine missile tank
`
  .trim()
  .split(/\s+/)
